import { spawnSync } from 'node:child_process';
import { locateCachedEnvoy } from '../src/playground/locate-envoy.ts';
import { startMesh, type TestMesh } from '../test/mesh/fixture.ts';
import { namespace } from '../test/mesh/world.ts';
import * as made from './pods/manifests.ts';
import { anonymousMb, cpuSeconds, percentile, pidOf } from './pods/proxy-process.ts';
import type { Row } from './table.ts';

const rounds = 3;
const perRound = 6_000;
const rate = 1000;
/** Of Prometheus: a counter, and three histograms of 19 buckets, the infinite one, sum and count. */
const seriesOfSet = 1 + 3 * 22;
/** 10,000 series, and as many as the bound of one chain lets be. */
const labelSets = [150, 2_000] as const;
const proxies = ['default/client', 'default/server'] as const;

const telemetry = (spec: object) =>
  JSON.stringify({
    ...{
      apiVersion: 'telemetry.istio.io/v1',
      kind: 'Telemetry',
      metadata: { name: 'mesh', namespace: 'istio-system' },
      spec,
    },
  });
const off = telemetry({ metrics: [{ overrides: [{ disabled: true }] }] });
const byHeader = telemetry({
  metrics: [
    { overrides: [{ match: { mode: 'CLIENT' }, tagOverrides: { bench: { value: "request.headers['x-bench']" } } }] },
  ],
});

/** What metrics cost: the same requests through the same two proxies, with and without, turn by turn; and memory by series. */
export async function benchTelemetry(): Promise<Row[]> {
  const envoy = locateCachedEnvoy(process.env);
  if (envoy === undefined) return [{ what: 'there is no Envoy: test/envoy/install.sh', measured: '', floor: '' }];
  if (spawnSync('h2load', ['--version']).status !== 0)
    throw new Error('h2load is missing: apt-get install nghttp2-client');
  const pods = made.documents(
    namespace('default', 'meshed'),
    made.workload('server', 'default', [made.envoyContainer('server', made.answering(8080))]),
    made.workload('client', 'default', [made.idle]),
    made.service('server', 'default', 'server', 'virtual'),
  );
  const mesh = await startMesh({ envoy, concurrency: 1, manifests: { 'pods.yaml': pods } });
  try {
    const [on, without]: [number[], number[]] = [[], []];
    await measure(mesh);
    for (let round = 0; round < rounds; round++) {
      await mesh.apply('telemetry.yaml', off);
      // A listener goes on until the next one is warm, and its connections are drained.
      await measure(mesh);
      without.push(await measure(mesh));
      await mesh.remove('telemetry.yaml');
      await measure(mesh);
      on.push(await measure(mesh));
    }
    const middle = (list: readonly number[]) => percentile(list, 0.5);
    const added = middle(on) - middle(without);
    const memory = await memoryOfSeries(mesh);
    const [some, most] = labelSets.map((sets) => (sets * seriesOfSet).toLocaleString('en'));
    return [
      {
        what: 'CPU that metrics add, a request and proxy',
        measured: `${added.toFixed(1)} µs (${middle(on).toFixed(1)} with, ${middle(without).toFixed(1)} without)`,
        floor: '<= 35 µs, aim 20',
      },
      { what: `memory of ${some} series in a proxy`, measured: `${memory[0]?.toFixed(1)} MB`, floor: '<= 20 MB' },
      { what: `of ${most}, the bound of a chain`, measured: `${memory[1]?.toFixed(1)} MB`, floor: '' },
    ];
  } finally {
    await mesh.stop();
  }
}

/** Microseconds of CPU of one proxy for a request. */
async function measure(mesh: TestMesh): Promise<number> {
  const pids = proxies.map((pod) => pidOf(mesh, pod, 'istio-proxy'));
  const before = pids.map(cpuSeconds);
  const url = 'http://server.default.svc.cluster.local/';
  const load = `h2load --h1 -n ${perRound} -c 8 -t 1 --rps ${rate / 8} ${url}`;
  const { output } = await mesh.playground.exec(mesh.pod('default/client'), 'client', ['sh', '-c', load]);
  const succeeded = Number(/(\d+) succeeded/.exec(output)?.[1] ?? 0);
  // A load beside other work may lose a request to a listener that is replaced; many are no measure.
  if (succeeded < perRound * 0.999) throw new Error(`not all requests were answered: ${output}`);
  const cpu = pids.reduce((sum, pid, index) => sum + cpuSeconds(pid) - (before[index] ?? 0), 0);
  return (cpu * 1e6) / perRound / proxies.length;
}

/** MB that each number of label sets adds; fails where not all of them are there. */
async function memoryOfSeries(mesh: TestMesh): Promise<number[]> {
  await mesh.apply('telemetry.yaml', byHeader);
  const pid = pidOf(mesh, 'default/client', 'istio-proxy');
  const count = "curl -s 'http://127.0.0.1:15000/stats/prometheus?filter=requests_total' | grep -c 'bench=\"[0-9]'";
  await call(mesh, 1, 1);
  const before = anonymousMb(pid);
  const added: number[] = [];
  for (const sets of labelSets) {
    await call(mesh, 1, sets);
    // Histograms are merged at the next flush.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    const seen = Number((await mesh.shell('default/client', count)).trim());
    if (seen < sets * 0.99) throw new Error(`${seen} label sets in place of ${sets}`);
    added.push(anonymousMb(pid) - before);
  }
  return added;
}

/** One request for each value of a label. */
async function call(mesh: TestMesh, from: number, to: number): Promise<void> {
  const urls =
    'url = "http://server.default.svc.cluster.local/"\\noutput = "/dev/null"\\nheader = "x-bench: %s"\\nnext\\n';
  const script = `for i in $(seq ${from} ${to}); do printf '${urls}' $i; done >/tmp/calls; curl -s -K /tmp/calls`;
  await mesh.playground.exec(mesh.pod('default/client'), 'client', ['sh', '-c', script]);
}
