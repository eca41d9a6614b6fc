import { Configurator } from '../../discovery/configurator.ts';
import type { ProxyConfigurator } from '../../discovery/discovery.ts';
import type { Encoder } from '../../discovery/encoder.ts';
import { GatewayConfigs } from '../../discovery/gateway-configs.ts';
import { ProxylessConfigs } from '../../discovery/proxyless-config.ts';
import { Shapes } from '../../discovery/shapes.ts';
import { SidecarConfigs } from '../../discovery/sidecar-configs.ts';
import { Indexes } from '../../ir/build/indexes.ts';
import { OutboundViews } from '../../ir/build/outbound-views.ts';
import type { GatewayProblem } from '../../ir/types/gateway.ts';
import type { InboundIR } from '../../ir/types/inbound.ts';
import { Lru } from '../../model/lru.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';

type PolicyProblem = NonNullable<InboundIR['problem']>;

/** Whom to tell of what cannot be. */
export interface Tellings {
  readonly onGatewayProblem?: (problem: GatewayProblem) => void;
  readonly onPolicyProblem?: (problem: PolicyProblem) => void;
  readonly onTelemetryProblem?: (problem: PolicyProblem) => void;
}

/** A policy may be for a thousand workloads. */
function onceEach(tell: (problem: PolicyProblem) => void = () => {}): (problem: PolicyProblem) => void {
  const told = new Lru<true>(1000);
  return (problem) => {
    if (told.get(problem.message) === true) return;
    told.set(problem.message, true);
    tell(problem);
  };
}

/** Makes what configures one proxy; all of them share what is equal. */
export function configurators(settings: MeshSettings, encoder: Encoder, tell: Tellings = {}): () => ProxyConfigurator {
  const indexes = new Indexes(settings);
  const views = new OutboundViews(settings, indexes);
  const shapes = new Shapes({ settings, views, onTelemetryProblem: onceEach(tell.onTelemetryProblem) });
  const parts = { settings, indexes, views, encoder, shapes };
  const sidecars = new SidecarConfigs({ ...parts, onProblem: onceEach(tell.onPolicyProblem) });
  const gateways = new GatewayConfigs({
    ...parts,
    ...(tell.onGatewayProblem === undefined ? {} : { onProblem: tell.onGatewayProblem }),
  });
  const proxyless = new ProxylessConfigs(encoder);
  return () => new Configurator({ sidecars, gateways, proxyless });
}
