import { OutriggerError } from '../errors.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { Workload } from '../model/workload.ts';
import { spiffeId } from '../model/workload.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import type { NodeClaims, ProvenPeer, ProxySession, SessionFactory } from '../wire/session.ts';
import type { EncodedResource, ProxyResources, XdsType } from '../xds/resource.ts';
import { admitProxy, workloadNow } from './admit-proxy.ts';
import type { UseMemory } from './on-demand-use.ts';
import { OwnResources } from './proxy-resources.ts';
import { type MachineRegister, registrationOf } from './registration.ts';
import { SessionUses } from './session-uses.ts';
import { SidecarConfig } from './sidecar-config.ts';
import { Turns } from './turns.ts';

/** Where snapshots come from. */
export interface SnapshotSource {
  readonly snapshot: Snapshot;
  onSnapshot(listener: (snapshot: Snapshot) => void): () => void;
}

/** The secrets of one proxy for as long as it is there. */
export interface ProxySecrets {
  /** By SDS name; the same map until one of them changes. */
  readonly current: ReadonlyMap<string, EncodedResource>;
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface SecretSource {
  /** Rejects when no certificate can be had: then the proxy gets nothing. */
  open(identity: string, workload: Workload): Promise<ProxySecrets>;
}

export interface ConfigQuery {
  readonly snapshot: Snapshot;
  readonly workload: Workload;
  readonly delta: boolean;
  /** It has asked for more hosts than a client of services does: a crawler, whose names have no end. */
  readonly crowded?: boolean;
  /** A gRPC client that reads configuration itself. */
  readonly proxyless?: boolean;
}

/** One proxy's configuration from snapshot to snapshot. */
export interface ProxyConfigurator {
  configure(query: ConfigQuery): ProxyResources;
}

export interface DiscoveryOptions {
  readonly source: SnapshotSource;
  readonly secrets: SecretSource;
  readonly settings: MeshSettings;
  /** Makes what remembers how one proxy was served before. */
  readonly configurator: () => ProxyConfigurator;
  /** Remembers what workloads use; without it every pod asks for all that it calls. */
  readonly memory?: (workload: Workload) => UseMemory;
  /** For proxies that are asked which endpoints they do without; without it none is. */
  readonly question?: readonly EncodedResource[];
  /** Registers machines that ask for it; without it none can. */
  readonly machines?: MachineRegister;
  /** How long a pod may be unknown before its proxy is turned away: watches lag behind. Milliseconds. */
  readonly patienceMs: number;
  readonly after: (ms: number, task: () => void) => () => void;
}

/** A thousand proxies may come within a second: each costs a signature, and then its own listeners. */
const mostAtOnce = 4;

/** Opens a view of the mesh for each proxy that proves who it is. */
export class Discovery implements SessionFactory {
  readonly #options: DiscoveryOptions;
  readonly #turns = new Turns(mostAtOnce);

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  async open(peer: ProvenPeer, node: NodeClaims, signal: AbortSignal): Promise<ProxySession> {
    const leave = await this.#register(peer, node);
    try {
      return await this.#session({ peer, node, signal, leave });
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #register(peer: ProvenPeer, node: NodeClaims): Promise<() => void> {
    const { machines, source } = this.#options;
    const registration = machines === undefined ? undefined : registrationOf(source.snapshot, peer, node);
    return (registration && (await machines?.join(registration))) ?? (() => {});
  }

  async #session({ peer, node, signal, leave }: Opening): Promise<ProxySession> {
    const workload = await this.#workload(peer, node, signal);
    const { settings, secrets } = this.#options;
    const identity = spiffeId(settings.trustDomain, workload.namespace, workload.serviceAccount);
    const own = await this.#turns.run(() => {
      signal.throwIfAborted();
      return secrets.open(identity, workload);
    });
    const proxyless = node.userAgent.startsWith('gRPC');
    return new Session({ ...this.#options, workload, own, leave, delta: node.delta, proxyless });
  }

  /** A pod's proxy may be faster than the news of the pod. */
  async #workload(peer: ProvenPeer, node: NodeClaims, signal: AbortSignal): Promise<Workload> {
    const { source, after, patienceMs } = this.#options;
    const tried = tryAdmit(source.snapshot, peer, node);
    if (!(tried instanceof OutriggerError)) return tried;
    if (!unknown.includes(tried.code)) throw tried;
    return await new Promise<Workload>((resolve, reject) => {
      const end = (finish: () => void) => {
        unsubscribe();
        cancel();
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      const onAbort = () => end(() => reject(signal.reason));
      const cancel = after(patienceMs, () => end(() => reject(tried)));
      const unsubscribe = source.onSnapshot((snapshot) => {
        const again = tryAdmit(snapshot, peer, node);
        if (!(again instanceof OutriggerError)) end(() => resolve(again));
        else if (!unknown.includes(again.code)) end(() => reject(again));
      });
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** What a later snapshot may know. */
const unknown: readonly string[] = ['OR2402', 'OR2409'];

function tryAdmit(snapshot: Snapshot, peer: ProvenPeer, node: NodeClaims): Workload | OutriggerError {
  try {
    return admitProxy(snapshot, peer, node);
  } catch (error) {
    if (error instanceof OutriggerError) return error;
    throw error;
  }
}

interface Opening {
  readonly peer: ProvenPeer;
  readonly node: NodeClaims;
  readonly signal: AbortSignal;
  readonly leave: () => void;
}

interface SessionOptions extends DiscoveryOptions {
  readonly workload: Workload;
  readonly own: ProxySecrets;
  /** Told of the end. */
  readonly leave: () => void;
  readonly delta: boolean;
  readonly proxyless: boolean;
}

class Session implements ProxySession {
  readonly proxy: string;
  readonly #options: SessionOptions;
  readonly #configurator: ProxyConfigurator;
  readonly #uses: SessionUses | undefined;
  readonly #listeners = new Set<() => void>();
  #askedHosts = 0;
  #workload: Workload;
  #last:
    | {
        readonly snapshot: Snapshot;
        readonly shared: ProxyResources;
        readonly secrets: unknown;
        readonly question: unknown;
        readonly crowded: boolean;
        readonly resources: ProxyResources;
      }
    | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.proxy = options.workload.id;
    this.#workload = options.workload;
    this.#configurator = options.configurator();
    const { memory, workload, delta } = options;
    if (memory !== undefined && delta && workload.role === 'sidecar') this.#uses = new SessionUses(memory(workload));
  }

  /** A pod that is deleted keeps what it has until its proxy leaves: it still ends its requests. */
  current(): ProxyResources {
    const { source, own, delta, proxyless } = this.#options;
    const { snapshot } = source;
    const secrets = own.current;
    const crowded = this.#askedHosts > mostAskedHosts;
    const before = this.#last;
    if (before?.snapshot === snapshot && before.secrets === secrets && before.crowded === crowded)
      return before.resources;
    this.#workload = sameWorkload(workloadNow(snapshot, this.#workload), this.#workload);
    const workload = this.#workload;
    const shared = this.#configurator.configure({ snapshot, workload, delta, proxyless, crowded });
    const question = this.#question(snapshot);
    const isSame = before?.shared === shared && before.secrets === secrets && before.question === question;
    const resources = isSame ? before.resources : new OwnResources({ shared, secrets, question });
    this.#last = { snapshot, shared, secrets, question, crowded, resources };
    return resources;
  }

  /** A client without a proxy has nobody to ask. */
  #question({ asked }: Snapshot): readonly EncodedResource[] {
    const { question = notAsked, proxyless } = this.#options;
    return asked.has(this.proxy) && !proxyless ? question : notAsked;
  }

  /** A gateway has everything in advance. */
  delivery(): string {
    this.current();
    const shared = this.#last?.shared;
    return shared instanceof SidecarConfig ? shared.parts.delivery : 'eager';
  }

  onChange(listener: () => void): () => void {
    const ends = [this.#options.source.onSnapshot(listener), this.#options.own.onChange(listener)];
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      for (const end of ends) end();
    };
  }

  asked(type: XdsType, names: readonly string[]): void {
    this.current();
    this.#uses?.asked(type, names, this.#last?.shared);
    if (type !== 'virtualHost' || this.#askedHosts > mostAskedHosts) return;
    this.#askedHosts += names.length;
    if (this.#askedHosts > mostAskedHosts) for (const listener of this.#listeners) listener();
  }

  unasked(type: XdsType, held: Iterable<string>): ReadonlySet<string> {
    this.current();
    return this.#uses?.unasked(type, held, this.#last?.shared) ?? noNames;
  }

  close(): void {
    this.#options.own.close();
    this.#options.leave();
    this.#uses?.close();
  }
}

/**
 * Each is a name for ever, in the proxy and here. Beyond it the proxy is given every host of the mesh, and with them the
 * one that stands for all others, so that it asks no more.
 */
const mostAskedHosts = 1_000;
const noNames: ReadonlySet<string> = new Set();
const notAsked: readonly EncodedResource[] = [];

/** A successor of the same name is another: its predecessor's proxy goes on as it was. */
function sameWorkload(now: Workload | undefined, own: Workload): Workload {
  return now?.uid === own.uid && now.serviceAccount === own.serviceAccount ? now : own;
}
