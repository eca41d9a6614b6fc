import type { Service } from '../model/service.ts';

const annotation = 'networking.istio.io/traffic-distribution';
const words: Readonly<Record<string, NonNullable<Service['trafficDistribution']>>> = {
  preferclose: 'zone',
  prefersamezone: 'zone',
  prefersamenode: 'node',
};

/** `spec.trafficDistribution` of a Service, else Istio's annotation; any other word is no preference. */
export function distributionOf(
  given: string,
  annotations: Readonly<Record<string, string>>,
): Pick<Service, 'trafficDistribution'> {
  const word = [given, annotations[annotation] ?? ''].map((text) => text.toLowerCase());
  const known = word.find((text) => Object.hasOwn(words, text));
  const trafficDistribution = known === undefined ? undefined : words[known];
  return trafficDistribution === undefined ? {} : { trafficDistribution };
}
