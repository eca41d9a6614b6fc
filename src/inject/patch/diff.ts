import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Container, Pod } from '../../model/pod.ts';

/** Stands for the bootstrap while documents are compared; a private-use character that no text of ours has. */
const mark = '\uE000bootstrap\uE001';

/**
 * The RFC 6902 patch from `before` to `after`, as text, '' for none.
 *
 * `compare` copies every value that it adds, and the bootstrap is nine tenths of them: so it travels as a
 * mark and its text, which is JSON already but for the quotes, is put in at the end. A pod that holds the
 * mark itself is compared as it is.
 */
export function diffPods(before: Pod, after: Pod): string {
  const bootstrap = newBootstrap(before, after);
  if (bootstrap === undefined) return print(jsonPatch.compare(before, after));
  const marked = print(jsonPatch.compare(before, withMark(after, bootstrap)));
  const [head, tail, ...further] = marked.split(JSON.stringify(mark).slice(1, -1));
  if (head === undefined || tail === undefined || further.length > 0) return print(jsonPatch.compare(before, after));
  return head + JSON.stringify(bootstrap).slice(1, -1) + tail;
}

/** The patch as data. */
export function parsePatch(patchJson: string): readonly Operation[] {
  return patchJson === '' ? [] : (JSON.parse(patchJson) as Operation[]);
}

function print(operations: readonly Operation[]): string {
  return operations.length === 0 ? '' : JSON.stringify(operations);
}

/** The long argument of the proxy, unless it is in the pod already. */
function newBootstrap(before: Pod, after: Pod): string | undefined {
  const bootstrap = bootstrapOf(after);
  return bootstrap === bootstrapOf(before) ? undefined : bootstrap;
}

function proxyOf(pod: Pod): Container | undefined {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
    (container) => container.name === 'istio-proxy',
  );
}

function bootstrapOf(pod: Pod): string | undefined {
  const args = proxyOf(pod)?.args ?? [];
  const flag = args.indexOf('--config-yaml');
  return flag < 0 ? undefined : args[flag + 1];
}

function withMark(pod: Pod, bootstrap: string): Pod {
  const replace = (container: Container): Container =>
    container.name === 'istio-proxy'
      ? { ...container, args: (container.args ?? []).map((argument) => (argument === bootstrap ? mark : argument)) }
      : container;
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map(replace),
      ...(initContainers ? { initContainers: initContainers.map(replace) } : {}),
    },
  };
}
