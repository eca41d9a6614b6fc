/** Of the WorkloadEntry of a machine that registered itself: Istio's name for its group. */
const groupAnnotation = 'istio.io/autoRegistrationGroup';
/** Another text each time that a replica still has the machine's stream. */
export const seenAtAnnotation = 'proxy.outrigger.io/seen-at';

/** What the probe of its group says of a machine: `unhealthy` as long as it has not succeeded. */
export const healthAnnotation = 'proxy.outrigger.io/health';
export type MachineHealth = 'healthy' | 'unhealthy';

/** Of the metadata of a machine's node: it has HDS, and so can be told to probe its app. */
export const probingKey = 'OUTRIGGER_PROBING';

type Annotations = Readonly<Record<string, string>>;

export const autoRegisteredBy = (group: string, seenAt: string): Annotations => ({
  [groupAnnotation]: group,
  [seenAtAnnotation]: seenAt,
});

/** Undefined for an entry that somebody wrote. */
export function autoRegistrationGroup(annotations: Annotations): string | undefined {
  return Object.hasOwn(annotations, groupAnnotation) ? annotations[groupAnnotation] : undefined;
}
