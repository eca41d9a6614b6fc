import type { ServicePort } from '../model/service.ts';

/**
 * Which ports of a Service Linkerd's annotation `config.linkerd.io/opaque-ports` names: numbers, ranges and names of
 * ports, separated by commas (https://linkerd.io/2/features/protocol-detection/). What is none of these names nothing.
 */
export function opaquePorts(text: string): (port: Pick<ServicePort, 'number' | 'name'>) => boolean {
  const names = new Set<string>();
  const ranges: { readonly first: number; readonly last: number }[] = [];
  for (const item of text.split(',').map((part) => part.trim())) {
    const match = /^([0-9]{1,5})(?:\s*-\s*([0-9]{1,5}))?$/.exec(item);
    if (match !== null) ranges.push({ first: Number(match[1]), last: Number(match[2] ?? match[1]) });
    else if (item !== '') names.add(item);
  }
  return ({ number, name }) => names.has(name) || ranges.some(({ first, last }) => first <= number && number <= last);
}
