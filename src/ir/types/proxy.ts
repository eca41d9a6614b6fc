import type { PathNormalization } from '../../model/mesh-settings.ts';
import type { TapIR, TelemetryIR } from './telemetry.ts';

/** What the configuration of a proxy depends on beside the mesh. Equal for the pods of a workload. */
export interface ProxyShape {
  readonly workload: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly cluster: string;
  readonly interception: 'REDIRECT' | 'TPROXY' | 'NONE';
  /** Address families of the pod. */
  readonly families: readonly (4 | 6)[];
  readonly telemetry: TelemetryIR;
  /** Who is told of each request; absent, as it mostly is, nobody. */
  readonly taps?: readonly TapIR[];
  /** Some host that it calls is looked up when it is called. */
  readonly looksUpHosts?: true;
  readonly pathNormalization: PathNormalization;
  /** Milliseconds; 0 waits for ever. */
  readonly protocolDetectionTimeoutMs: number;
}
