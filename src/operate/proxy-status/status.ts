import type { ProxyReport, ReportedProxy, ReportedSync, ReportedType } from '../../model/proxy-report.ts';
import { printAge, type Table } from '../text/table.ts';

/** One proxy of the mesh and the replica that serves it; `proxy` is undefined where none does. */
export interface ProxyLine {
  /** `productpage-v1-abc.default` */
  readonly name: string;
  readonly replica: string;
  readonly proxy: ReportedProxy | undefined;
}

/** A proxy that has just changed to another replica is on both for a moment: the later stream counts. */
export function proxyLines(reports: readonly ProxyReport[], namespace: string | undefined): ProxyLine[] {
  const found = new Map<string, ProxyLine>();
  for (const { instance, proxies } of reports) {
    for (const proxy of proxies) {
      const before = found.get(proxy.proxy)?.proxy;
      if (before === undefined || before.connectedAt < proxy.connectedAt)
        found.set(proxy.proxy, { name: dotted(proxy.proxy), replica: instance, proxy });
    }
  }
  for (const id of reports.flatMap(({ workloads }) => workloads)) {
    if (!found.has(id)) found.set(id, { name: dotted(id), replica: '', proxy: undefined });
  }
  return [...found]
    .filter(([id]) => namespace === undefined || id.startsWith(`${namespace}/`))
    .map(([, line]) => line)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `default/pod` as istioctl writes it: `pod.default`. */
export function dotted(id: string): string {
  const slash = id.indexOf('/');
  return `${id.slice(slash + 1)}.${id.slice(0, slash)}`;
}

const shown: readonly ReportedType[] = ['CDS', 'LDS', 'EDS', 'RDS', 'ECDS'];
const shownWide: readonly ReportedType[] = [...shown, 'VHDS', 'SDS'];

export function statusTable(lines: readonly ProxyLine[], form: 'table' | 'wide', now: number): Table {
  const types = form === 'wide' ? shownWide : shown;
  const more = form === 'wide' ? ['DELIVERY', 'CONNECTED'] : [];
  return {
    headers: ['NAME', 'CLUSTER', ...types, 'REPLICA', 'VERSION', ...more],
    rows: lines.map(({ name, replica, proxy }) => {
      const states = types.map((type) => stateOf(proxy?.types[type], form, now));
      const cells = [name, 'Kubernetes', ...states, replica || '-', proxy?.envoyVersion || '-'];
      if (form === 'table') return cells;
      return [...cells, proxy?.delivery || '-', proxy === undefined ? '-' : ageOf(proxy.connectedAt, now)];
    }),
  };
}

function stateOf(sync: ReportedSync | undefined, form: 'table' | 'wide', now: number): string {
  if (sync === undefined) return 'NOT CONNECTED';
  return form === 'wide' && sync.since !== undefined ? `${sync.state} (${ageOf(sync.since, now)})` : sync.state;
}

function ageOf(since: string, now: number): string {
  return printAge(Math.max(0, now - Date.parse(since)));
}

/** A line for each content that a proxy refused, with its reason; several proxies that say the same share one. */
export function rejectionLines(lines: readonly ProxyLine[]): string[] {
  const all = lines.flatMap(({ name, proxy }) =>
    (proxy?.rejections ?? []).map(({ type, resource, reason, origins }) => {
      const from = origins.length === 0 ? '' : `, made from ${origins.join(', ')}`;
      return { name, text: `NACKED ${type} ${resource}${from}: ${reason}` };
    }),
  );
  return [...Map.groupBy(all, ({ text }) => text)].map(
    ([text, group]) => `${whose(group.map(({ name }) => name))} ${text}`,
  );
}

const mostNamed = 3;

function whose(names: readonly string[]): string {
  const more = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}:`;
}
