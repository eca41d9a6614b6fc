/** Of the WorkloadEntry of a machine that registered itself: Istio's name for its group. */
const groupAnnotation = 'istio.io/autoRegistrationGroup';
/** Another text each time that a replica still has the machine's stream. */
export const seenAtAnnotation = 'proxy.outrigger.io/seen-at';

type Annotations = Readonly<Record<string, string>>;

export const autoRegisteredBy = (group: string, seenAt: string): Annotations => ({
  [groupAnnotation]: group,
  [seenAtAnnotation]: seenAt,
});

/** Undefined for an entry that somebody wrote. */
export function autoRegistrationGroup(annotations: Annotations): string | undefined {
  return Object.hasOwn(annotations, groupAnnotation) ? annotations[groupAnnotation] : undefined;
}
