import { Configurator } from '../../discovery/configurator.ts';
import type { ProxyConfigurator } from '../../discovery/discovery.ts';
import type { Encoder } from '../../discovery/encoder.ts';
import { GatewayConfigs } from '../../discovery/gateway-configs.ts';
import { ProxylessConfigs } from '../../discovery/proxyless-config.ts';
import { SidecarConfigs } from '../../discovery/sidecar-configs.ts';
import { Indexes } from '../../ir/build/indexes.ts';
import { OutboundViews } from '../../ir/build/outbound-views.ts';
import type { GatewayProblem } from '../../ir/types/gateway.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';

/** Makes what configures one proxy; all of them share what is equal. */
export function configurators(
  settings: MeshSettings,
  encoder: Encoder,
  onGatewayProblem: (problem: GatewayProblem) => void = () => {},
): () => ProxyConfigurator {
  const indexes = new Indexes(settings);
  const parts = { settings, indexes, views: new OutboundViews(settings, indexes), encoder };
  const sidecars = new SidecarConfigs(parts);
  const gateways = new GatewayConfigs({ ...parts, onProblem: onGatewayProblem });
  const proxyless = new ProxylessConfigs(encoder);
  return () => new Configurator({ sidecars, gateways, proxyless });
}
