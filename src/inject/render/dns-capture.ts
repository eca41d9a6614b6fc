import { isIP } from 'node:net';
import { OutriggerError } from '../../errors.ts';
import { isObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import { parseBool } from '../review/go-values.ts';
import type { InjectionSettings } from '../review/settings.ts';
import type { SidecarOptions } from './options.ts';

/** Istio's variable; where iptables does not feed the proxy, nothing can be captured. */
export function capturesDns({ proxyConfig, mode }: Pick<SidecarOptions, 'proxyConfig' | 'mode'>): boolean {
  const wanted = parseBool(proxyConfig.proxyMetadata['ISTIO_META_DNS_CAPTURE'] ?? 'false') === true;
  return wanted && mode !== 'NONE';
}

/**
 * The resolvers that a pod of the cluster has, which answer while the control plane does not.
 *
 * @throws OutriggerError OR1208 for a pod with resolvers of its own, and where those of the cluster are not known.
 */
export function nameserversOf({ spec }: Pod, settings: InjectionSettings): readonly string[] {
  const dnsConfig = isObject(spec['dnsConfig']) ? spec['dnsConfig'] : {};
  const own = Array.isArray(dnsConfig['nameservers']) && dnsConfig['nameservers'].length > 0;
  if (own || spec['dnsPolicy'] === 'None')
    throw new OutriggerError('OR1208', 'the pod has resolvers of its own', { at: 'spec.dnsConfig' });
  const known = settings.nameservers.filter((address) => isIP(address) !== 0);
  if (known.length > 0) return known;
  throw new OutriggerError('OR1208', "the cluster's resolvers are not known", { at: 'injection.nameservers' });
}
