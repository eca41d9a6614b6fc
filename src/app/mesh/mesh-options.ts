import type { FaultListener } from '../../model/fault.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { WireMetrics } from '../../wire/wire-metrics.ts';
import type { Config } from '../config.ts';
import type { TokenKeys } from '../token-keys/token-keys.ts';
import type { MeshParts } from './mesh-parts.ts';
import type { ReplicaPlace } from './replicas.ts';

export interface MeshOptions {
  readonly settings: MeshSettings;
  readonly discovery: Config['discovery'];
  /** Names of the certificate of the discovery port. */
  readonly names: readonly string[];
  /** Roots of others that proxies trust. */
  readonly federatedPem?: string;
  readonly parts: MeshParts;
  readonly place: ReplicaPlace;
  /** Resolvers of the cluster, by address. */
  readonly nameservers?: readonly string[];
  readonly metrics: WireMetrics;
  readonly learning?: Config['mesh']['learning'];
  /** Reads what issuers of tokens publish, for the registry; without it only tokens with keys in their rule are taken. */
  readonly tokenKeys?: (registry: Registry) => TokenKeys;
  readonly logger: Logger;
  /** OR1660 and OR1661: what must not happen, and ends nothing when it does. */
  readonly onFault: FaultListener;
}
