/** Long, and read by nobody but kubectl, the injector or the kubelet. */
const left = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'proxy.istio.io/overrides',
  'proxy.outrigger.io/original',
  'proxy.outrigger.io/sds-root',
  'proxy.outrigger.io/sds-token',
];

/** Annotations without those that only fill the memory. */
export function keptAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !left.includes(key)));
}
