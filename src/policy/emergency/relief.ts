import type { Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Emergency } from '../../schema/kinds.ts';
import { hasLabels } from '../client.ts';

export interface EmergencyQuery {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly rootNamespaces: readonly string[];
}

/** What a workload is relieved of for now. */
export interface Relief {
  /** Policies only log. */
  readonly authz: boolean;
  /** Mutual TLS is not required. */
  readonly plaintext: boolean;
  /** Bytes pass through its proxy. */
  readonly bypass: boolean;
  /** Clients come without TLS, by connections that were made for this. */
  readonly plainClients: boolean;
  readonly origins: readonly Origin[];
}

const none: Relief = { authz: false, plaintext: false, bypass: false, plainClients: false, origins: [] };

/**
 * Set on a bypass that begins or has ended a moment ago, until all have heard of it. `lets-in`: whoever comes without TLS is let
 * in, and nothing else is so yet, or is so any more. `ends`: its own proxy does not pass bytes through any more; clients come as
 * before, since connections that they made now to a proxy that has not heard of it would pass by its policies for long.
 */
export const turningAnnotation = 'emergency.outrigger.io/turning';
export type Turning = 'lets-in' | 'ends';

/** Those that hold for a workload: of its namespace, or of a root namespace, whose selector fits. */
export function emergenciesFor(
  configs: readonly Config<Emergency>[],
  { namespace, labels, rootNamespaces }: EmergencyQuery,
): readonly Config<Emergency>[] {
  return configs.filter(
    (config) =>
      (config.namespace === namespace || rootNamespaces.includes(config.namespace)) &&
      hasLabels(labels, config.spec.selector?.matchLabels),
  );
}

export function reliefFor(configs: readonly Config<Emergency>[], query: EmergencyQuery): Relief {
  if (configs.length === 0) return none;
  const found = emergenciesFor(configs, query).filter(({ spec }) => spec.level !== 'inject');
  if (found.length === 0) return none;
  const at = (level: Emergency['spec']['level']) => found.filter(({ spec }) => spec.level === level);
  const bypasses = at('bypass').map(({ annotations }) => annotations[turningAnnotation]);
  return {
    authz: at('authz').length > 0,
    plaintext: at('plaintext').length > 0 || bypasses.length > 0,
    bypass: bypasses.includes(undefined),
    plainClients: bypasses.some((turning) => turning !== ('lets-in' satisfies Turning)),
    origins: found.map(({ origin }) => origin),
  };
}
