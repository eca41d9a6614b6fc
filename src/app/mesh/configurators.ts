import { Configurator, type ConfiguratorParts } from '../../discovery/configurator.ts';
import type { ProxyConfigurator } from '../../discovery/discovery.ts';
import type { Encoder } from '../../discovery/encoder.ts';
import { GatewayConfigs } from '../../discovery/gateway-configs.ts';
import { AllPatches } from '../../discovery/patches.ts';
import { ProxylessConfigs } from '../../discovery/proxyless-config.ts';
import { Shapes } from '../../discovery/shapes.ts';
import { SidecarConfigs } from '../../discovery/sidecar-configs.ts';
import { WithSockets } from '../../discovery/socket-secrets.ts';
import { Indexes } from '../../ir/build/indexes.ts';
import { OutboundViews } from '../../ir/build/outbound-views.ts';
import type { GatewayProblem } from '../../ir/types/gateway.ts';
import type { InboundIR } from '../../ir/types/inbound.ts';
import { Lru } from '../../model/lru.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { printOrigin } from '../../model/origin.ts';

type PolicyProblem = NonNullable<InboundIR['problem']>;

/** Whom to tell of what cannot be. */
export interface Tellings {
  readonly onGatewayProblem?: (problem: GatewayProblem) => void;
  readonly onPolicyProblem?: (problem: PolicyProblem) => void;
  readonly onLimitProblem?: (problem: PolicyProblem) => void;
  readonly onTelemetryProblem?: (problem: PolicyProblem) => void;
  readonly onPatchProblem?: (problem: PolicyProblem) => void;
}

/** A policy may be for a thousand workloads. */
function onceEach(tell: (problem: PolicyProblem) => void = () => {}): (problem: PolicyProblem) => void {
  const told = new Lru<true>(1000);
  return (problem) => {
    const key = `${problem.origins.map(printOrigin).join(' ')} ${problem.message}`;
    if (told.get(key) === true) return;
    told.set(key, true);
    tell(problem);
  };
}

/** What clients see of the mesh, remembered. */
export interface Sight {
  readonly indexes: Indexes;
  readonly views: OutboundViews;
}

export function sightOf(settings: MeshSettings): Sight {
  const indexes = new Indexes(settings);
  return { indexes, views: new OutboundViews(settings, indexes) };
}

/**
 * Makes what configures one proxy; all of them share what is equal. Other settings make other configurations of everybody:
 * nothing of the ones before is kept then.
 */
export function configurators(
  settings: MeshSettings,
  encoder: Encoder,
  tell: Tellings = {},
  sight: Sight = sightOf(settings),
): () => ProxyConfigurator {
  const proxyless = new ProxylessConfigs(encoder);
  const tellings = tellingsOf(tell);
  let last = { settings, parts: { ...partsFor({ settings, sight, encoder, tellings }), proxyless } };
  const partsOf = (now: MeshSettings): ConfiguratorParts => {
    if (now !== last.settings)
      last = {
        settings: now,
        parts: { ...partsFor({ settings: now, sight: sightOf(now), encoder, tellings }), proxyless },
      };
    return last.parts;
  };
  return () => new Configurator((snapshot) => partsOf(snapshot.settings ?? settings));
}

function tellingsOf(tell: Tellings): Required<Tellings> {
  return {
    onGatewayProblem: tell.onGatewayProblem ?? (() => {}),
    onPolicyProblem: onceEach(tell.onPolicyProblem),
    onLimitProblem: onceEach(tell.onLimitProblem),
    onTelemetryProblem: onceEach(tell.onTelemetryProblem),
    onPatchProblem: onceEach(tell.onPatchProblem),
  };
}

interface PartInputs {
  readonly settings: MeshSettings;
  readonly sight: Sight;
  readonly encoder: Encoder;
  readonly tellings: Required<Tellings>;
}

function partsFor({ settings, sight, encoder, tellings }: PartInputs): Omit<ConfiguratorParts, 'proxyless'> {
  const { onGatewayProblem, onPolicyProblem, onLimitProblem, onTelemetryProblem, onPatchProblem } = tellings;
  const shapes = new Shapes({ settings, views: sight.views, onTelemetryProblem });
  const filters = new AllPatches(settings, onPatchProblem);
  const patches = new WithSockets(filters, settings.spireSecrets);
  const parts = { settings, ...sight, encoder, shapes, patches };
  return {
    sidecars: new SidecarConfigs({ ...parts, onProblem: onPolicyProblem, onLimitProblem }),
    gateways: new GatewayConfigs({ ...parts, onProblem: onGatewayProblem }),
  };
}
