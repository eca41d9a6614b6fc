import type { CaptureSettings } from '../../interception/settings.ts';
import { isObject } from '../../model/json.ts';
import type { Container } from '../../model/pod.ts';
import { parseBool } from '../review/go-values.ts';
import type { InjectionSettings } from '../review/settings.ts';
import { capturesDns } from './dns-capture.ts';
import type { SidecarOptions } from './options.ts';

/** The proxy's own listeners: never captured inbound. */
const ownPorts = [15090, 15021];

/**
 * The capture settings of a pod. They follow the user that the final istio-proxy runs as: rules that name
 * another one would capture the proxy's own traffic.
 */
export function captureSettings(
  options: SidecarOptions,
  settings: InjectionSettings,
  proxy: Container,
): CaptureSettings {
  const { proxyMetadata } = options.proxyConfig;
  const security = isObject(proxy.securityContext) ? proxy.securityContext : {};
  const uid = Number(security['runAsUser'] ?? 0) || options.user.uid;
  const gid = Number(security['runAsGroup'] ?? 0) || options.user.gid;
  const listed = options.capture.excludeInboundPorts;
  const status = options.statusPort === 0 || listed.includes(options.statusPort) ? [] : [options.statusPort];
  return {
    mode: options.mode === 'TPROXY' ? 'TPROXY' : 'REDIRECT',
    outboundPort: settings.mesh.proxyListenPort,
    inboundPort: settings.mesh.proxyInboundListenPort,
    proxyUids: [uid],
    proxyGids: [gid],
    ...options.capture,
    excludeInboundPorts: [...ownPorts, ...listed, ...status],
    dns: capturesDns(options),
    dropInvalid: parseBool(proxyMetadata['INVALID_DROP'] ?? 'false') === true,
  };
}
