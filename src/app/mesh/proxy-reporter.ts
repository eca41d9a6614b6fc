import { printOrigin } from '../../model/origin.ts';
import {
  type ProxyReport,
  type ReportedProxy,
  type ReportedResource,
  type ReportedSync,
  reportedTypes,
} from '../../model/proxy-report.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { Ledger, ProxyStatus, TypeStatus } from '../../wire/ledger.ts';
import type { XdsType } from '../../xds/resource.ts';

export interface ProxyReporterOptions {
  readonly instance: string;
  readonly version: string;
  readonly ledger: Pick<Ledger, 'status' | 'resources' | 'rejected'>;
  readonly snapshot: () => Pick<Snapshot, 'workloads' | 'machines'>;
  readonly now: () => number;
}

const types = Object.keys(reportedTypes) as XdsType[];

/** What this replica has sent to whom, and what became of it. With a proxy, `<namespace>/<pod>`: of that one, with its resources. */
export function reportProxies(options: ProxyReporterOptions, proxy?: string): ProxyReport {
  const { instance, version, ledger, snapshot, now } = options;
  const chosen = ledger.status().filter((status) => proxy === undefined || status.proxy === proxy);
  const { workloads, machines } = snapshot();
  const meshed = [...workloads.values(), ...machines.values()].filter((one) => one.meshed && one.ips.length > 0);
  return {
    instance,
    version,
    now: iso(now()),
    workloads: meshed.map(({ id }) => id).sort(),
    proxies: chosen.map((status) => proxyOf(status, ledger)),
    ...(proxy === undefined ? {} : { resources: types.flatMap((type) => resourcesOf(proxy, type, ledger)) }),
  };
}

function proxyOf(status: ProxyStatus, ledger: ProxyReporterOptions['ledger']): ReportedProxy {
  const { proxy, envoyVersion, protocol, delivery, connectedAt, settled } = status;
  const syncs = types.map((type) => [reportedTypes[type], syncOf(status.types[type])] as const);
  const rejections = [...ledger.rejected(proxy)].flatMap(([type, rejected]) =>
    rejected.map(({ resource, reason, at, leftOut }) => ({
      type: reportedTypes[type],
      resource: resource.name,
      version: resource.version,
      reason: leftOut === undefined ? reason : `${reason} (in force without ${leftOut.map(printOrigin).join(', ')})`,
      at: iso(at),
      origins: resource.origins.map(printOrigin),
    })),
  );
  return {
    ...{ proxy, envoyVersion, protocol, delivery, connectedAt: iso(connectedAt), settled },
    types: Object.fromEntries(syncs) as unknown as ReportedProxy['types'],
    rejections,
  };
}

function syncOf({ state, since, times, nonces }: TypeStatus): ReportedSync {
  return {
    state,
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(times.sent === undefined ? {} : { sentAt: iso(times.sent) }),
    ...(nonces.sent === undefined ? {} : { sentNonce: nonces.sent }),
    ...(times.acknowledged === undefined ? {} : { acknowledgedAt: iso(times.acknowledged) }),
    ...(nonces.acknowledged === undefined ? {} : { acknowledgedNonce: nonces.acknowledged }),
  };
}

function resourcesOf(proxy: string, type: XdsType, ledger: ProxyReporterOptions['ledger']): ReportedResource[] {
  return (ledger.resources(proxy, type) ?? []).map(({ name, version, state, origins = [] }) => {
    return { type: reportedTypes[type], name, version, state, origins: origins.map(printOrigin) };
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
