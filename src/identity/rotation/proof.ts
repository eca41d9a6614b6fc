import { certificateFacts, fingerprintsOf } from '../workload/certificate-facts.ts';
import type { MeshRoot } from '../workload/mesh-root.ts';
import type { AcknowledgedSecret, ProxyTrust, RootReport } from './root-report.ts';

/** A replica of the control plane, asked: what it said, or why there is no answer. */
export interface ReplicaAnswer {
  readonly replica: string;
  readonly report: RootReport | string;
}

/** Who has not followed yet, and in what. */
export interface Behind {
  /** `default/cart`, a replica, a namespace, or '' for the mesh as a whole. */
  readonly who: string;
  readonly kind: 'replica' | 'proxy' | 'namespace';
  readonly why: string;
}

/** What everybody has to have. */
interface Goal {
  readonly issuer: string;
  /** Sorted. */
  readonly roots: readonly string[];
}

/**
 * Who does not have exactly what the store holds: replicas, ConfigMaps, proxies, in this order and by name. Nobody is left
 * out for not being heard of: a replica that does not answer and a pod whose proxy has no stream are behind. `without`:
 * pods that the operator gives up.
 */
export function behind(
  content: MeshRoot,
  answers: readonly ReplicaAnswer[],
  without: ReadonlySet<string> = new Set(),
): Behind[] {
  const [issuer = ''] = fingerprintsOf(content.certificatePem);
  const goal: Goal = { issuer, roots: fingerprintsOf(content.rootsPem) };
  if (answers.length === 0) return [{ who: '', kind: 'replica', why: 'no replica of the control plane is there' }];
  const reports = answers.flatMap(({ report }) => (typeof report === 'string' ? [] : [report]));
  return [
    ...answers.flatMap(({ replica, report }) => replicaBehind(replica, report, goal)),
    ...sortedUnique(reports.flatMap(({ unpublished }) => unpublished)).map(
      (who): Behind => ({ who, kind: 'namespace', why: 'its ConfigMap istio-ca-root-cert has other roots' }),
    ),
    ...proxiesBehind(reports, goal).filter(({ who }) => !without.has(who)),
  ];
}

function replicaBehind(who: string, report: RootReport | string, goal: Goal): Behind[] {
  const is = (why: string): Behind[] => [{ who, kind: 'replica', why }];
  if (typeof report === 'string') return is(`it does not answer: ${report}`);
  if (report.problem !== undefined) return is(report.problem);
  if (!report.ready) return is('it is not ready for proxies');
  if (report.issuer?.fingerprint !== goal.issuer) return is('it signs with another certificate');
  if (!isEqual(fingerprints(report), goal.roots)) return is('it has other roots');
  return report.serving === goal.issuer ? [] : is('its port still has a certificate of another issuer');
}

function fingerprints({ roots }: RootReport): string[] {
  return roots.map(({ fingerprint }) => fingerprint).sort();
}

function proxiesBehind(reports: readonly RootReport[], goal: Goal): Behind[] {
  const streams = reports.flatMap(({ proxies }) => proxies);
  const connected = new Set(streams.map(({ proxy }) => proxy));
  const reasons = new Map<string, string>();
  for (const stream of streams) {
    const why = lag(stream, goal);
    if (why !== undefined) reasons.set(stream.proxy, why);
  }
  for (const workload of reports.flatMap(({ workloads }) => workloads))
    if (!connected.has(workload)) reasons.set(workload, 'it runs, its proxy is not connected');
  return [...reasons].sort(([a], [b]) => (a < b ? -1 : 1)).map(([who, why]) => ({ who, kind: 'proxy', why }));
}

/** Undefined for a stream that has all. */
function lag({ roots, certificate }: ProxyTrust, goal: Goal): string | undefined {
  return (
    secretLag(roots, 'the roots', (held) => isEqual(held, goal.roots)) ??
    secretLag(certificate, 'a certificate of the issuer', (held) => isEqual(held, [goal.issuer]))
  );
}

function secretLag(
  { state, fingerprints: held }: AcknowledgedSecret,
  what: string,
  suffices: (held: readonly string[]) => boolean,
): string | undefined {
  if (state === 'not asked for') return undefined;
  if (state === 'rejected') return `it rejected ${what}`;
  if (state === 'waiting') return `it has not acknowledged ${what} yet`;
  return suffices(held) ? undefined : `it does not have ${what} yet`;
}

function isEqual(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && [...some].sort().every((one, index) => one === others[index]);
}

function sortedUnique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** Of the certificates of a store: what has ended, or ends within `days`. */
export function endingSoon(content: MeshRoot, now: Date, days: number): string[] {
  const facts = certificateFacts(`${content.certificatePem}${content.chainPem}${content.rootsPem}`);
  return facts.flatMap(({ subject, notAfter }) => {
    const left = (new Date(notAfter).getTime() - now.getTime()) / 86_400_000;
    if (left < 0) return [`${subject} ended ${notAfter}`];
    return left < days ? [`${subject} ends ${notAfter}, in ${Math.floor(left)} days`] : [];
  });
}
