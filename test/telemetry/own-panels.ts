import type { Growth } from './own-scrape.ts';

/** The variables that our dashboards are looked at with. */
export const variables = {
  service: 'reviews.default.svc.cluster.local',
  ...{ namespace: 'default', workload: 'reviews-v3' },
};

export interface Seen {
  readonly growth: Growth;
  /** Between the two scrapes of it. */
  readonly seconds: number;
  /** Seconds since 1970. */
  readonly at: number;
}

/**
 * The label by which the answer is split ('' for one number), and what each must be, from the targets' own counters: within
 * 5 %, or a quantile within a bucket, as Prometheus lengthens the growth of a bucket that began at zero less than of others.
 */
export type Expectation = readonly [
  label: string,
  expected: (seen: Seen) => Map<string, number>,
  buckets?: readonly number[],
];

/** Envoy's, in milliseconds, as far as they are reached; those of the control plane, in seconds. */
export const envoyBuckets = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];
const ownBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

const requests = 'istio_requests_total';
const duration = 'istio_request_duration_milliseconds';
const source = { reporter: 'source' };
const destination = { reporter: 'destination' };
const ofService = { destination_service: variables.service };
const into = { ...destination, destination_workload_namespace: 'default', destination_workload: variables.workload };
const out = { ...source, source_workload_namespace: 'default', source_workload: variables.workload };
const one = (value: number) => new Map([['', value]]);
const perSecond = (sums: ReadonlyMap<string, number>, seconds: number) =>
  new Map([...sums].map(([group, value]) => [group, value / seconds]));

const rate = (label: string, name: string, match: Readonly<Record<string, string>> = {}): Expectation => [
  label,
  ({ growth, seconds }) => perSecond(growth.by(label, name, match), seconds),
];
const share = (part: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): Expectation => [
  '',
  ({ growth }) => one(growth.sum(requests, part) / growth.sum(requests, all)),
];
const p = (quantile: number, match: Readonly<Record<string, string>>, name = duration): Expectation => [
  '',
  ({ growth }) => one(growth.quantile(quantile, name, match)),
  name === duration ? envoyBuckets : ownBuckets,
];
const gauge = (label: string, name: string): Expectation => [label, ({ growth }) => growth.gauges(label, name)];
const bad = { response_code: '5' };

/** By `<dashboard> / <panel> / <letter of the query>`. */
export const expectations: Readonly<Record<string, Expectation>> = {
  'mesh / Requests / A': rate('destination_service_name', requests, source),
  'mesh / Share of errors / A': share({ ...source, ...bad }, source),
  'mesh / Slowest one in twenty / A': [
    'destination_service_name',
    ({ growth }) => {
      const names = [...growth.by('destination_service_name', `${duration}_count`, source).keys()];
      const of = (name: string) => growth.quantile(0.95, duration, { ...source, destination_service_name: name });
      return new Map(names.map((name) => [name, of(name)]));
    },
    envoyBuckets,
  ],
  'mesh / Share of mutual TLS / A': share({ ...destination, connection_security_policy: 'mutual_tls' }, destination),
  'mesh / Bytes of answers / A': rate('', 'istio_response_bytes_sum', source),
  'mesh / TCP / A': rate('', 'istio_tcp_sent_bytes_total', source),
  'mesh / TCP / B': rate('', 'istio_tcp_received_bytes_total', source),
  'service / Requests by caller / A': rate('source_workload', requests, { ...source, ...ofService }),
  'service / Requests by version / A': rate('destination_version', requests, { ...destination, ...ofService }),
  'service / Share of errors / A': share({ ...source, ...ofService, ...bad }, { ...source, ...ofService }),
  'service / Share of errors / B': share({ ...destination, ...ofService, ...bad }, { ...destination, ...ofService }),
  'service / Time of a request / A': p(0.5, { ...source, ...ofService }),
  'service / Time of a request / B': p(0.95, { ...source, ...ofService }),
  'service / Time of a request / C': p(0.99, { ...source, ...ofService }),
  'service / Time in the app / A': p(0.95, { ...destination, ...ofService }),
  'service / Bytes of answers / A': rate('', 'istio_response_bytes_sum', { ...destination, ...ofService }),
  'workload / Requests in / A': rate('source_workload', requests, into),
  'workload / Requests out / A': rate('destination_service_name', requests, out),
  'workload / Share of errors in / A': share({ ...into, ...bad }, into),
  'workload / Share of errors out / A': share({ ...out, ...bad }, out),
  'workload / Time of a request in / A': p(0.95, into),
  'workload / Time of a request out / A': p(0.95, out),
  'control-plane / Proxies / A': gauge('state', 'outrigger_proxies'),
  'control-plane / Pushes / A': rate('type', 'outrigger_xds_responses_total'),
  'control-plane / Rejections / A': gauge('type', 'outrigger_xds_rejections_total'),
  'control-plane / Time of a push / A': p(0.99, {}, 'pilot_xds_push_time'),
  'control-plane / From a change to its acknowledgement / A': p(0.99, {}, 'outrigger_xds_convergence_seconds'),
  'control-plane / Queue / A': gauge('', 'outrigger_push_queue_length'),
  'control-plane / Age of the configuration / A': gauge('', 'outrigger_snapshot_age_seconds'),
  'control-plane / Event loop / A': gauge('', 'nodejs_eventloop_lag_p99_seconds'),
  'control-plane / Certificates / A': gauge('', 'outrigger_workload_certificates'),
  'control-plane / Certificates / B': [
    '',
    ({ growth, seconds }) => one((growth.sum('outrigger_certificates_issued_total') / seconds) * 3600),
  ],
  'control-plane / Days to the end of the root / A': [
    '',
    ({ growth, at }) =>
      one(((growth.gauges('', 'outrigger_root_expiry_timestamp_seconds').get('') ?? 0) - at) / 86_400),
  ],
  'control-plane / Injection / A': rate('outcome', 'outrigger_admission_requests_total'),
  'control-plane / CPU and memory / A': rate('', 'process_cpu_seconds_total'),
  'control-plane / CPU and memory / B': [
    '',
    ({ growth }) => one((growth.gauges('', 'process_resident_memory_bytes').get('') ?? 0) / 2 ** 20),
  ],
  'proxy-cost / Memory of proxies / A': gauge('pod', 'envoy_server_memory_physical_size'),
  'proxy-cost / Allocated memory / A': gauge('', 'envoy_server_memory_allocated'),
  'proxy-cost / Proxies / A': ['', ({ growth }) => one(growth.gauges('pod', 'envoy_server_uptime').size)],
  'proxy-cost / Requests through a proxy / A': rate('pod', requests),
  'proxy-cost / Series / A': [
    'pod',
    ({ growth }) => {
      const counts = new Map<string, number>();
      const pods = growth.gauges('pod', 'envoy_server_uptime');
      for (const { labels } of growth.now) {
        const pod = labels['pod'] ?? '';
        if (pods.has(pod)) counts.set(pod, (counts.get(pod) ?? 0) + 1);
      }
      return counts;
    },
  ],
  'proxy-cost / Dropped series / A': rate('pod', 'envoy_server_stats_overflow_counter'),
};
