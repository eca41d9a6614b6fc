import type { MtlsMode } from '../../ir/types/inbound.ts';
import type { Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { PeerAuthentication } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';

type Spec = PeerAuthentication['spec'];
type GivenMode = NonNullable<NonNullable<Spec['mtls']>['mode']>;

/** Whom a workload lets in by which means. */
export interface WorkloadModes {
  readonly mode: MtlsMode;
  /** By port of the pod. */
  readonly ports: ReadonlyMap<number, MtlsMode>;
  /** The policy that the mode comes from; undefined for the default. */
  readonly origin: Origin | undefined;
  /** Clients are to come without TLS, by connections made for this, although the proxy could take it. */
  readonly plainClients?: boolean;
}

export interface PeerAuthenticationIndex {
  /** For a pod of a namespace, by its labels. */
  forWorkload(namespace: string, labels: Readonly<Record<string, string>>): WorkloadModes;
  /** For a service, of whose pods nothing is looked at: clients choose by this whether to use mutual TLS at all. */
  forNamespace(namespace: string): MtlsMode;
}

/**
 * Mesh (a root namespace, no selector), then namespace, then workload: the narrower wins, UNSET inherits, of several on
 * one level the oldest counts. Nothing said is PERMISSIVE.
 * https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
export function indexPeerAuthentications(
  configs: readonly Config<PeerAuthentication>[],
  rootNamespaces: readonly string[],
): PeerAuthenticationIndex {
  const general = new Map<string, Config<PeerAuthentication>>();
  const selecting = new Map<string, Config<PeerAuthentication>[]>();
  for (const config of configs) {
    const { namespace } = config;
    if (config.spec.selector !== undefined && Object.keys(config.spec.selector.matchLabels ?? {}).length > 0)
      selecting.set(namespace, [...(selecting.get(namespace) ?? []), config]);
    else if (!general.has(namespace)) general.set(namespace, config);
  }
  const mesh = rootNamespaces.map((name) => general.get(name)).find((config) => config !== undefined);
  const root = modeOf(mesh?.spec.mtls?.mode, 'permissive');
  const ofNamespace = (namespace: string): { mode: MtlsMode; origin: Origin | undefined } => {
    const own = general.get(namespace);
    return { mode: modeOf(own?.spec.mtls?.mode, root), origin: isSet(own) ? own?.origin : mesh?.origin };
  };
  return {
    forNamespace: (namespace) => ofNamespace(namespace).mode,
    forWorkload: (namespace, labels) => {
      const around = ofNamespace(namespace);
      const own = selecting.get(namespace)?.find(({ spec }) => hasLabels(labels, spec.selector?.matchLabels));
      const mode = modeOf(own?.spec.mtls?.mode, around.mode);
      const ports = Object.entries(own?.spec.portLevelMtls ?? {}).map(
        ([port, given]) => [Number(port), modeOf(given.mode, mode)] as const,
      );
      return { mode, ports: new Map(ports), origin: own === undefined ? around.origin : own.origin };
    },
  };
}

function isSet(config: Config<PeerAuthentication> | undefined): boolean {
  return config !== undefined && (config.spec.mtls?.mode ?? 'UNSET') !== 'UNSET';
}

function modeOf(given: GivenMode | undefined, inherited: MtlsMode): MtlsMode {
  switch (given) {
    case 'DISABLE':
      return 'disable';
    case 'PERMISSIVE':
      return 'permissive';
    case 'STRICT':
      return 'strict';
    default:
      return inherited;
  }
}
