import type { Container } from '../../model/pod.ts';

/**
 * The order in which the kubelet starts things (Istio: webhook.go, reorderPod).
 *
 * | | initContainers | containers |
 * |---|---|---|
 * | native | istio-init, istio-proxy, the user's | the user's |
 * | classic | the user's, istio-init | the user's, istio-proxy |
 * | classic, holding | the user's, istio-init | istio-proxy, the user's |
 */
export function orderInitContainers(list: readonly Container[], native: boolean): Container[] {
  const own = ['istio-init', 'istio-proxy'].flatMap((name) => list.filter((container) => container.name === name));
  const user = list.filter((container) => !own.includes(container));
  return native ? [...own, ...user] : [...user, ...own];
}

export function orderContainers(list: readonly Container[], hold: boolean): Container[] {
  const proxy = list.filter((container) => container.name === 'istio-proxy');
  const user = list.filter((container) => container.name !== 'istio-proxy');
  return hold ? [...proxy, ...user] : [...user, ...proxy];
}
