import type { Container, Named, Pod } from '../../model/pod.ts';

/** Pure edits of a pod that share whatever they do not touch. */
export function withAnnotations(pod: Pod, annotations: Record<string, string>): Pod {
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

export function withContainers(pod: Pod, containers: readonly Container[], initContainers: readonly Container[]): Pod {
  const hadInit = Array.isArray(pod.spec.initContainers) || initContainers.length > 0;
  return {
    ...pod,
    spec: { ...pod.spec, containers: [...containers], ...(hadInit ? { initContainers: [...initContainers] } : {}) },
  };
}

/** Sets variables by name: those that exist keep their place, new ones go to the end. */
export function withEnv(
  container: Container,
  variables: readonly { readonly name: string; readonly value: string }[],
): Container {
  if (variables.length === 0) return container;
  const values = new Map(variables.map((variable) => [variable.name, variable]));
  const before = container.env ?? [];
  const kept: Named[] = before.map((variable) => values.get(variable.name) ?? variable);
  const names = new Set(before.map((variable) => variable.name));
  return { ...container, env: [...kept, ...variables.filter((variable) => !names.has(variable.name))] };
}

export function envValue(container: Container | undefined, name: string): string | undefined {
  const found = container?.env?.find((variable) => variable.name === name)?.['value'];
  return typeof found === 'string' ? found : undefined;
}

export function replaceContainer(list: readonly Container[], container: Container): Container[] {
  return list.map((one) => (one.name === container.name ? container : one));
}
