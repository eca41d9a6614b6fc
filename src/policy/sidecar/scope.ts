import type { Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Sidecar } from '../../schema/kinds.ts';
import type { Client } from '../client.ts';
import { hostCovers } from '../hosts.ts';
import { sidecarOf } from './select.ts';

/** What a client is told of: its Sidecar resource, or everything. */
export interface Scope {
  /** Equal for clients with one scope. */
  readonly key: string;
  readonly entries: readonly ScopeEntry[];
  /** Undefined: as the mesh says. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY' | undefined;
  /** It was written for this client or its namespace: its hosts are pushed without being asked for. */
  readonly declared: boolean;
  readonly origin: Origin | undefined;
}

export interface ScopeEntry {
  /** `*` is any, `~` none. */
  readonly namespace: string;
  readonly host: string;
}

const everything: Scope = {
  key: '',
  entries: [{ namespace: '*', host: '*' }],
  outboundTrafficPolicy: undefined,
  declared: false,
  origin: undefined,
};

/** What the Sidecar of a client takes in. */
export function scopeOf(configs: readonly Config<Sidecar>[], client: Client, rootNamespaces: readonly string[]): Scope {
  const found = sidecarOf(configs, client, rootNamespaces);
  return found === undefined ? everything : read(found, client.namespace);
}

function read({ spec, namespace, name, origin }: Config<Sidecar>, client: string): Scope {
  const hosts = spec.egress === undefined ? ['*/*'] : spec.egress.flatMap((listener) => listener.hosts ?? []);
  const mode = spec.outboundTrafficPolicy?.mode;
  return {
    key: `${namespace}/${name}`,
    entries: hosts.map((host) => entryOf(host, client)),
    outboundTrafficPolicy: mode === 'ALLOW_ANY' || mode === 'REGISTRY_ONLY' ? mode : undefined,
    declared: true,
    origin,
  };
}

function entryOf(text: string, client: string): ScopeEntry {
  const slash = text.indexOf('/');
  const namespace = slash < 0 ? '*' : text.slice(0, slash);
  return { namespace: namespace === '.' ? client : namespace, host: text.slice(slash + 1).toLowerCase() };
}

/** Whether a host of a namespace is part of it. */
export function inScope(scope: Scope, namespace: string, host: string): boolean {
  return scope.entries.some(
    (entry) =>
      (entry.namespace === '*' || entry.namespace === namespace) &&
      (entry.host === '*' || hostCovers(entry.host, host) || hostCovers(host, entry.host)),
  );
}
