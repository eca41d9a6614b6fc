import { Command } from 'commander';
import { askDashboard } from '../../cluster-access/dashboard.ts';
import { listAll } from '../../cluster-access/list-all.ts';
import type { CostRow } from '../../dashboard/api-types.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import type { KubeConnection } from '../../source/kubernetes/connection.ts';
import { outputOption } from '../cluster-flags.ts';
import { printRows, printValue } from '../print-value.ts';
import { addDashboardOptions, type ObserveFlags, placeOf, wantedOf } from './observe-flags.ts';
import { mebibytes, rightSize } from './right-size.ts';

interface Priced extends CostRow {
  /** Cores of the proxy with the most; null without a metrics API. */
  readonly cpu: number | null;
  readonly annotations: Readonly<Record<string, string>>;
}

/** `outrigger cost`: what the proxies of workloads take, and annotations that would fit. */
export function command(): Command {
  const cost = new Command('cost')
    .description('show memory and CPU of the proxies of each workload, and annotations of the right size')
    .argument('[workload]', 'deploy/NAME or NAME')
    .option('-A, --all-namespaces', 'of every namespace')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger cost -A
  outrigger cost deploy/reviews-v1 -o yaml

Memory is what each proxy says that it has allocated, and what the metrics API says where there is one; CPU comes from that alone.
Look again under load: what a proxy never had to hold is not in the figure.
`,
    );
  return addDashboardOptions(cost).action(async (given: string | undefined, flags: ObserveFlags) => {
    const wanted = await wantedOf(given, flags);
    const place = placeOf(flags);
    const rows = (await askDashboard(place, '/api/cost')) as CostRow[];
    const measured = flags.dashboardUrl === undefined ? await readMetrics(place.connection) : new Map();
    const priced = rows
      .filter(({ namespace, name }) => (wanted.namespace ?? namespace) === namespace && (wanted.name ?? name) === name)
      .map((row) => price(row, measured));
    if (flags.output === 'table') printRows(tableOf(priced), 'No workload of the mesh is there.');
    else printValue(priced, flags.output);
  });
}

interface Measured {
  readonly cpu: number;
  readonly memory: number;
}

function price(row: CostRow, measured: ReadonlyMap<string, Measured>): Priced {
  const own = row.pods.flatMap((pod) => measured.get(`${row.namespace}/${pod}`) ?? []);
  const cpu = own.length === 0 ? null : Math.max(...own.map((one) => one.cpu));
  const all = [...own.map(({ memory }) => memory), ...(row.memory.most === null ? [] : [row.memory.most])];
  const most = all.length === 0 ? null : Math.max(...all);
  const annotations = rightSize({ memory: most ?? undefined, cpu: cpu ?? undefined });
  return { ...row, memory: { ...row.memory, most }, cpu, annotations };
}

function tableOf(rows: readonly Priced[]) {
  return {
    headers: ['NAMESPACE', 'NAME', 'PROXIES', 'MEMORY_MOST', 'MEMORY_LIMIT', 'CPU_MOST', 'RIGHT_SIZE'],
    rows: rows.map(({ namespace, name, pods, memory, cpu, annotations }) => [
      ...[namespace, name, `${pods.length}`],
      memory.most === null ? '-' : mebibytes(memory.most),
      memory.limit === null ? '-' : mebibytes(memory.limit),
      cpu === null ? '-' : `${Math.round(cpu * 1000)}m`,
      Object.entries(annotations)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ]),
  };
}

/** Of the container istio-proxy, by `<namespace>/<pod>`; empty where there is no metrics API, or no right to it. */
async function readMetrics(connection: KubeConnection): Promise<Map<string, Measured>> {
  const pods = (await listAll(connection, '/apis/metrics.k8s.io/v1beta1/pods').catch(() => undefined)) ?? [];
  return new Map(pods.flatMap(measuredOf));
}

function measuredOf({ metadata, containers }: JsonObject): [string, Measured][] {
  const list = Array.isArray(containers) ? containers.filter(isObject) : [];
  const usage = list.find(({ name }) => name === 'istio-proxy')?.['usage'];
  if (!isObject(metadata) || !isObject(usage)) return [];
  const place = `${String(metadata['namespace'])}/${String(metadata['name'])}`;
  return [[place, { cpu: quantity(usage['cpu']), memory: quantity(usage['memory']) }]];
}

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
};

function quantity(value: unknown): number {
  const [, number = '0', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(value)) ?? [];
  return Number(number) * (units[unit] ?? 1);
}
