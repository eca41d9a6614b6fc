/** Something that a proxy of a workload asked for when it was first called. */
export interface Use {
  readonly kind: 'cluster' | 'virtualHost';
  /** As it is asked for: `outbound|9080||reviews.default.svc.cluster.local`, `80/reviews.default.svc.cluster.local`. */
  readonly name: string;
  /** Of clusters, `<namespace>/<host>` of the service; '' of virtual hosts. */
  readonly service: string;
  /** When it was last asked for: `2026-11-21`, UTC. */
  readonly day: string;
}

/** What a workload uses of the mesh, as far as it was seen. */
export interface LearntScope {
  /** Of its pods, without those that tell pods of one workload apart. */
  readonly labels: Readonly<Record<string, string>>;
  /** The last day on which a pod began with nothing, so that what it asks for shows what is still used. */
  readonly sampled: string;
  /** By `useKey`. */
  readonly uses: ReadonlyMap<string, Use>;
}

/** By `<namespace>/<workload>`. */
export type LearntScopes = ReadonlyMap<string, LearntScope>;

/** Above it a workload is no client of some services but a crawler: what it used longest ago is left out. */
export const mostUses = 500;
/** Of one namespace, so that its text stays below the megabyte of a ConfigMap. */
export const mostUsesOfNamespace = 4_000;

export const useKey = ({ kind, name }: Pick<Use, 'kind' | 'name'>) => `${kind} ${name}`;

/** Each thing with the later of its days; in any order the result is the same. */
export function mergeScopes(left: LearntScopes, right: LearntScopes): LearntScopes {
  const merged = new Map(left);
  for (const [workload, scope] of right) {
    const other = merged.get(workload);
    merged.set(workload, other === undefined ? scope : mergeScope(other, scope));
  }
  return merged;
}

function mergeScope(left: LearntScope, right: LearntScope): LearntScope {
  const uses = new Map(left.uses);
  for (const [key, use] of right.uses) {
    const other = uses.get(key);
    if (other === undefined || use.day + use.service > other.day + other.service) uses.set(key, use);
  }
  const age = (scope: LearntScope) => `${latestDay(scope)} ${JSON.stringify(scope.labels)}`;
  const newer = age(left) > age(right) ? left : right;
  return { labels: newer.labels, sampled: max(left.sampled, right.sampled), uses };
}

/** Without what was last asked for before the day, and what is too much; a workload that is left with nothing is gone. */
export function pruneScopes(scopes: LearntScopes, before: string): LearntScopes {
  const kept = [...scopes].flatMap(([workload, scope]) => {
    const uses = newest(
      [...scope.uses.values()].filter(({ day }) => day >= before),
      mostUses,
    );
    return uses.length === 0 ? [] : [{ workload, scope, uses }];
  });
  const bounded = [...Map.groupBy(kept, ({ workload }) => namespaceOf(workload)).values()].flatMap((list) => {
    const most = newest(
      list.flatMap(({ uses }) => uses),
      mostUsesOfNamespace,
    );
    const inside = new Set(most);
    return list.map((one) => ({ ...one, uses: one.uses.filter((use) => inside.has(use)) }));
  });
  return new Map(
    bounded
      .filter(({ uses }) => uses.length > 0)
      .map(({ workload, scope, uses }) => [
        workload,
        { ...scope, uses: new Map(uses.map((use) => [useKey(use), use])) },
      ]),
  );
}

export const namespaceOf = (workload: string) => workload.slice(0, workload.indexOf('/'));

/** The last that were asked for, in the order of their names. */
function newest(uses: readonly Use[], most: number): readonly Use[] {
  if (uses.length <= most) return uses.toSorted(byName);
  return uses
    .toSorted((left, right) => (left.day === right.day ? byName(left, right) : left.day < right.day ? 1 : -1))
    .slice(0, most)
    .sort(byName);
}

function byName(left: Use, right: Use): number {
  return useKey(left) < useKey(right) ? -1 : 1;
}

export function latestDay({ uses }: LearntScope): string {
  return [...uses.values()].reduce((latest, { day }) => max(latest, day), '');
}

function max(left: string, right: string): string {
  return left > right ? left : right;
}

/** `2026-11-21`, UTC. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Labels that differ from pod to pod, or from one roll-out to the next. */
const passing =
  /^(pod-template-hash|pod-template-generation|controller-revision-hash|controller-uid|job-name|apps\.kubernetes\.io\/pod-index|statefulset\.kubernetes\.io\/.*|batch\.kubernetes\.io\/.*|(service|security|sidecar)\.istio\.io\/.*|topology\.istio\.io\/.*)$/;

export function lastingLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !passing.test(name)));
}
