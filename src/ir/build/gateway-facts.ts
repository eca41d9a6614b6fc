import type { MeshSettings } from '../../model/mesh-settings.ts';
import { fieldOf, type Origin } from '../../model/origin.ts';
import type { Workload } from '../../model/workload.ts';
import type { Client } from '../../policy/client.ts';
import type { DestinationLookup } from '../../policy/virtual-service/destinations.ts';
import type { RuleContext } from '../../policy/virtual-service/rule-context.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { Gateway, VirtualService } from '../../schema/kinds.ts';
import type { GatewayFault, GatewayProblem } from '../types/gateway.ts';
import type { RouteIR } from '../types/route.ts';
import type { OutboundView } from '../types/view.ts';

/** What tells one gateway from another: equal for the pods of a workload. */
export interface GatewayFacts extends Pick<Workload, 'namespace' | 'labels' | 'namedPorts' | 'statusPort'> {
  /** It may listen below 1024 without being root. */
  readonly lowPorts: boolean;
}

export type Server = Gateway['spec']['servers'][number];

/** How a server takes connections. */
export type ServerKind = 'http' | 'https' | 'tcp' | 'tls' | 'passthrough' | 'auto-passthrough';

/** A server of a Gateway, where the proxy listens for it. */
export interface PlacedServer {
  readonly kind: ServerKind;
  readonly config: Config<Gateway>;
  readonly server: Server;
  /** `<namespace>/<name>` of the Gateway. */
  readonly gateway: string;
  /** Of the pod. */
  readonly port: number;
  /** '' is every address. */
  readonly bind: string;
  readonly origin: Origin;
}

/** What rules for a gateway's servers look at. */
export interface GatewayScene {
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
  /** Those that the gateway may see, oldest first. */
  readonly virtualServices: readonly Config<VirtualService>[];
  readonly client: Client;
  readonly lookup: DestinationLookup;
  readonly view: OutboundView;
  readonly routesOf: (context: RuleContext) => readonly RouteIR[];
  readonly report: (problem: GatewayProblem) => void;
}

export function problemOf(fault: GatewayFault, message: string, ...origins: readonly Origin[]): GatewayProblem {
  return { fault, message, origins };
}

export function serverOrigin(config: Config<Gateway>, index: number): Origin {
  return fieldOf(config.origin, `spec.servers[${index}]`);
}
