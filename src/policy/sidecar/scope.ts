import type { Origin } from '../../model/origin.ts';
import { type Protocol, protocolNamed } from '../../model/protocol.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Sidecar } from '../../schema/kinds.ts';
import type { Client } from '../client.ts';
import { hostCovers, resolveHost } from '../hosts.ts';
import { sidecarOf } from './select.ts';

/** What a client is told of: its Sidecar resource, or everything. */
export interface Scope {
  /** Equal for clients with one scope. */
  readonly key: string;
  /** In the order of the Sidecar; the one without a port, if any, is the last. */
  readonly listeners: readonly EgressScope[];
  /** Undefined: as the mesh says. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY' | undefined;
  /** Where traffic for unknown hosts goes. */
  readonly egressProxy: EgressProxy | undefined;
  /** It was written for this client or its namespace: its hosts are pushed without being asked for. */
  readonly declared: boolean;
  readonly origin: Origin | undefined;
}

/** An egress listener of a Sidecar. */
export interface EgressScope {
  readonly entries: readonly ScopeEntry[];
  /** Undefined is every port that no other listener has. */
  readonly port: number | undefined;
  /** What is spoken on its port; undefined is what the services say. */
  readonly protocol: Protocol | undefined;
  /** An address to be called at in place of those of the services; '' is none. */
  readonly bind: string;
  /** The proxy itself listens there, where iptables brings it nothing. */
  readonly listens: boolean;
}

export interface ScopeEntry {
  /** `*` is any, `~` none. */
  readonly namespace: string;
  readonly host: string;
}

export interface EgressProxy {
  /** In full. */
  readonly host: string;
  readonly subset: string;
  readonly port: number;
}

const everything: Scope = {
  key: '',
  listeners: [
    { entries: [{ namespace: '*', host: '*' }], port: undefined, protocol: undefined, bind: '', listens: false },
  ],
  ...{ outboundTrafficPolicy: undefined, egressProxy: undefined, declared: false, origin: undefined },
};

export interface ScopeSettings {
  readonly rootNamespaces: readonly string[];
  readonly domainSuffix: string;
}

/** What the Sidecar of a client takes in. */
export function scopeOf(configs: readonly Config<Sidecar>[], client: Client, settings: ScopeSettings): Scope {
  const found = sidecarOf(configs, client, settings.rootNamespaces);
  return found === undefined ? everything : read(found, client.namespace, settings);
}

type Egress = NonNullable<Sidecar['spec']['egress']>[number];

function read({ spec, namespace, name, origin }: Config<Sidecar>, client: string, settings: ScopeSettings): Scope {
  const { egress = [], outboundTrafficPolicy: policy } = spec;
  const { mode, egressProxy: proxy } = policy ?? {};
  const given: readonly Egress[] = egress.length === 0 ? [{ hosts: ['*/*'] }] : egress;
  return {
    key: `${namespace}/${name}`,
    listeners: given.filter((listener) => !isSocket(listener)).map((listener) => egressOf(listener, client)),
    outboundTrafficPolicy: mode === 'ALLOW_ANY' || mode === 'REGISTRY_ONLY' ? mode : undefined,
    egressProxy: proxy && {
      host: resolveHost(proxy.host, namespace, settings.domainSuffix),
      subset: proxy.subset ?? '',
      port: proxy.port?.number ?? 0,
    },
    declared: true,
    origin,
  };
}

/** Not built yet, and reported. */
const isSocket = ({ bind = '' }: Egress) => bind.startsWith('unix://');

/** Where the proxy listens and no address is given, that is loopback, as in Istio. */
function egressOf({ hosts, port, bind = '', captureMode }: Egress, client: string): EgressScope {
  const listens = captureMode === 'NONE';
  return {
    entries: hosts.map((host) => entryOf(host, client)),
    port: port?.number,
    protocol: port === undefined ? undefined : protocolNamed(port.protocol ?? ''),
    bind: listens && bind === '' ? '127.0.0.1' : bind,
    listens,
  };
}

function entryOf(text: string, client: string): ScopeEntry {
  const slash = text.indexOf('/');
  const namespace = slash < 0 ? '*' : text.slice(0, slash);
  return { namespace: namespace === '.' ? client : namespace, host: text.slice(slash + 1).toLowerCase() };
}

/** Services are taken in whole: an import of `api.example.com` does not take in a service `*.example.com`. */
export function importsService(egress: EgressScope, namespace: string, host: string): boolean {
  return isImported(egress, namespace, (entry) => hostCovers(entry, host));
}

/** Rules for a wildcard are taken in for any host of it, too, as in Istio. */
export function importsRules(egress: EgressScope, namespace: string, host: string): boolean {
  return isImported(egress, namespace, (entry) => hostCovers(entry, host) || hostCovers(host, entry));
}

function isImported({ entries }: EgressScope, namespace: string, fits: (host: string) => boolean): boolean {
  return entries.some(
    (entry) => (entry.namespace === '*' || entry.namespace === namespace) && (entry.host === '*' || fits(entry.host)),
  );
}

/** The listener that a port is of: one with just this port, else the one without. */
export function listenerOf<T extends { readonly scope: EgressScope }>(
  listeners: readonly T[],
  port: number,
): T | undefined {
  return listeners.find(({ scope }) => scope.port === port) ?? listeners.find(({ scope }) => scope.port === undefined);
}
