import type { Pod } from '../../model/pod.ts';

/** `metadata.labels`, `metadata.annotations['key']` and the like, by the downward API's rules. */
export function readField(pod: Pod, path: string): string {
  const single = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (single !== null) return pod.metadata[single[1] as 'labels' | 'annotations']?.[single[2] ?? ''] ?? '';
  const all = /^metadata\.(labels|annotations)$/.exec(path);
  if (all !== null) {
    const entries = Object.entries(pod.metadata[all[1] as 'labels' | 'annotations'] ?? {});
    return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
  }
  if (path === 'metadata.name') return pod.metadata.name ?? '';
  if (path === 'metadata.namespace') return pod.metadata.namespace ?? '';
  if (path === 'metadata.uid') return String(pod.metadata['uid'] ?? '');
  if (path === 'spec.serviceAccountName') return pod.spec.serviceAccountName ?? '';
  if (path === 'spec.nodeName') return pod.spec.nodeName ?? '';
  throw new Error(`the pod runner knows no field ${path}`);
}
