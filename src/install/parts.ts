import type { KubernetesObject } from './kubernetes-object.ts';

/** What is applied and awaited together, and told as one line. */
export interface Part {
  readonly title: string;
  readonly objects: readonly KubernetesObject[];
}

/** The parts of an installation in their order; the objects as `buildManifests` gives them. Pure. */
export function partsOf(objects: readonly KubernetesObject[]): Part[] {
  const titles = new Map<string, KubernetesObject[]>();
  for (const object of objects) {
    const title = titleOfPart(object);
    titles.set(title, [...(titles.get(title) ?? []), object]);
  }
  return [...titles].map(([title, members]) => ({ title, objects: members }));
}

const byKind: Readonly<Record<string, string>> = {
  Namespace: 'Namespaces',
  CustomResourceDefinition: 'Custom resource definitions',
  MutatingWebhookConfiguration: 'Injection webhook',
};

function titleOfPart({ kind, metadata }: KubernetesObject): string {
  const gateway = metadata.labels?.['istio'];
  if (gateway !== undefined) return `${gateway === 'egressgateway' ? 'Egress' : 'Ingress'} gateway`;
  return byKind[kind] ?? (kind === 'ValidatingWebhookConfiguration' ? 'Validation webhook' : 'Control plane');
}
