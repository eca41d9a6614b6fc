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
  readonly origins: readonly Origin[];
}

const none: Relief = { authz: false, plaintext: false, bypass: false, origins: [] };

/**
 * Set on a bypass that begins or has ended a moment ago: whoever comes without TLS is let in until all have heard of it, and
 * nothing else is so yet, or is so any more.
 */
export const turningAnnotation = 'emergency.outrigger.io/turning';

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
  const has = (level: Emergency['spec']['level']) =>
    found.some(({ spec, annotations }) => spec.level === level && annotations[turningAnnotation] !== 'true');
  return {
    authz: has('authz'),
    plaintext: has('plaintext') || found.some(({ spec }) => spec.level === 'bypass'),
    bypass: has('bypass'),
    origins: found.map(({ origin }) => origin),
  };
}
