import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { type Clock, systemClock } from './clock.ts';
import type { KubeConnection } from './connection.ts';
import { createKubeTransport, type ResourceKind } from './kube-transport.ts';
import { ListWatch } from './list-watch.ts';
import { defaultBackoff, waitMs } from './list-watch-state.ts';
import { decideRoot, ownerLabel, type RootRecord, rootConfigMapName, rootKey } from './root-decision.ts';

/** What the ConfigMaps have to hold. */
export interface PublishedRoots {
  /** PEM. */
  current(): string;
  /** Looks at the store at once, since another replica may know newer roots. Never rejects. */
  refresh(): Promise<void>;
  /** The answer ends that. */
  onChange(listener: () => void): () => void;
}

/** Which namespaces there are. */
export interface KnownNamespaces {
  namespace(name: string): unknown;
  onNamespace(listener: (namespace: { readonly name: string }) => void): () => void;
}

export interface RootConfigMapsOptions {
  readonly connection: KubeConnection;
  readonly namespaces: KnownNamespaces;
  /** Namespace of the control plane: whose ConfigMaps these are. */
  readonly owner: string;
  /** Namespaces that get none. */
  readonly excluded: readonly string[];
  /** Each once: OR2220 for what belongs to another, OR2221 for what the API server refuses. */
  readonly onProblem: (error: OutriggerError) => void;
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  readonly pageSize?: number;
}

/** Milliseconds. Replicas begin apart, so that most of the work is found done by the later one. */
const spreadMs = 500;
/** So many times what another writes is put right; then that one is left alone for as long as the count goes back. */
const mostRestores = 3;
const restoresMs = 10 * 60_000;
/** What is refused for this namespace alone is tried again so often. */
const refusedMs = 60_000;
/** Of the watch, in a row: some ten seconds. */
const toldFailure = 6;

/**
 * Keeps the ConfigMap `istio-ca-root-cert` of each namespace equal to the roots of the mesh. Needs no leader: replicas
 * apply the same content under the same name. What another made is left as it is: docs/decisions/0061-two-roots.md.
 */
export class RootConfigMaps {
  readonly #options: RootConfigMapsOptions;
  readonly #records = new Map<string, RootRecord>();
  readonly #names = new Set<string>();
  readonly #pending = new Set<string>();
  readonly #restores = new Map<string, number[]>();
  readonly #timers = new Map<string, () => void>();
  readonly #foreign = new Set<string>();
  readonly #reported = new Set<string>();
  #roots: PublishedRoots | undefined;
  #listed = false;
  #running = false;
  #failures = 0;
  #watchFailures = 0;
  #stopped = false;
  #cancelPause: () => void = () => undefined;

  constructor(options: RootConfigMapsOptions) {
    this.#options = options;
  }

  /** Namespaces whose ConfigMap is another's. */
  get foreign(): readonly string[] {
    return [...this.#foreign].sort();
  }

  /** Namespaces whose ConfigMap does not have just the roots that there are now, whoever made it; undefined before the first list. */
  get behind(): readonly string[] | undefined {
    if (!this.#listed) return undefined;
    const { namespaces, excluded } = this.#options;
    const known = [...this.#names].filter((name) => namespaces.namespace(name) !== undefined);
    return known.filter((name) => !excluded.includes(name) && this.#decide(name) !== 'right').sort();
  }

  start(roots: PublishedRoots, signal: AbortSignal): void {
    this.#roots = roots;
    const { connection, namespaces, clock = systemClock, random = Math.random, pageSize = 500 } = this.#options;
    const watch = new ListWatch({
      transport: createKubeTransport(connection, rootKind, { pageSize, random }),
      ...{ clock, random },
      sink: {
        replace: (items) => this.#replace(items),
        upsert: (item) => this.#seen(item),
        remove: ({ namespace }) => {
          this.#records.delete(namespace);
          this.#consider(namespace);
        },
        problem: ({ kind, message }) => {
          // An API server that restarts is no news, and every other watch tells of it, too.
          if (++this.#watchFailures === toldFailure) this.#report('watch', `configmaps: ${kind}: ${message}`);
        },
        fault: (error, item) =>
          this.#report(`fault ${item?.namespace}`, `${item?.namespace ?? 'a list'}: ${String(error)}`),
      },
    });
    const ends: (() => void)[] = [];
    this.#onListed = () => {
      ends.push(
        namespaces.onNamespace(({ name }) => this.#meet(name)),
        roots.onChange(() => this.#considerAll()),
      );
    };
    watch.start(signal);
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        this.#cancelPause();
        for (const end of [...ends, ...this.#timers.values()]) end();
      },
      { once: true },
    );
  }

  /** At the first complete list: before it nothing is known to be missing. */
  #onListed: () => void = () => undefined;

  #replace(items: readonly RootRecord[]): void {
    const before = [...this.#records.keys()];
    this.#records.clear();
    for (const item of items) this.#keep(item);
    this.#watchFailures = 0;
    this.#reported.delete('watch');
    for (const namespace of before) this.#consider(namespace);
    for (const { namespace } of items) this.#consider(namespace);
    this.#listed = true;
    this.#onListed();
    this.#onListed = () => undefined;
  }

  #seen(item: RootRecord): void {
    this.#watchFailures = 0;
    this.#keep(item);
    this.#consider(item.namespace);
  }

  /** In a big cluster thousands hold the same text: it is kept once. */
  #keep(record: RootRecord): void {
    const current = this.#roots?.current();
    this.#records.set(record.namespace, record.root === current ? { ...record, root: current } : record);
  }

  #meet(name: string): void {
    this.#names.add(name);
    this.#consider(name);
  }

  #consider(name: string): void {
    if (this.#stopped || !this.#names.has(name)) return;
    if (this.#options.namespaces.namespace(name) === undefined) {
      this.#forget(name);
      return;
    }
    if (this.#options.excluded.includes(name)) return;
    if (this.#decide(name) === 'right') {
      this.#foreign.delete(name);
      this.#pending.delete(name);
      return;
    }
    if (this.#timers.has(name)) return;
    this.#pending.add(name);
    if (!this.#running) void this.#run();
  }

  /** What was put right before was right for other roots. */
  #considerAll(): void {
    this.#restores.clear();
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    for (const name of this.#names) this.#consider(name);
  }

  #decide(name: string): ReturnType<typeof decideRoot> {
    return decideRoot(this.#records.get(name), this.#roots?.current() ?? '', this.#options.owner);
  }

  #forget(name: string): void {
    for (const known of [this.#names, this.#pending, this.#foreign]) known.delete(name);
    this.#restores.delete(name);
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }

  /** One at a time. Never rejects. */
  async #run(): Promise<void> {
    this.#running = true;
    const { random = Math.random } = this.#options;
    await this.#pause(random() * spreadMs);
    for (;;) {
      const [name] = this.#pending;
      if (name === undefined || this.#stopped) break;
      this.#pending.delete(name);
      try {
        await this.#settle(name);
      } catch (error) {
        // The API server does not answer: nothing else would work either.
        this.#pending.add(name);
        this.#report('away', error instanceof Error ? error.message : String(error));
        this.#failures++;
        await this.#pause(waitMs(this.#failures, random(), defaultBackoff));
      }
    }
    this.#running = false;
    this.#reportForeign();
  }

  async #settle(name: string): Promise<void> {
    let decision = this.#decide(name);
    if (decision === 'restore') {
      await this.#roots?.refresh();
      decision = this.#decide(name);
    }
    if (decision === 'right') return;
    if (decision === 'foreign' || (decision === 'restore' && this.#isContested(name))) {
      this.#foreign.add(name);
      if (decision === 'restore') this.#later(name, restoresMs);
      return;
    }
    await this.#apply(name, decision);
  }

  #isContested(name: string): boolean {
    const { clock = systemClock } = this.#options;
    const recent = (this.#restores.get(name) ?? []).filter((at) => at > clock.now() - restoresMs);
    const contested = recent.length >= mostRestores;
    this.#restores.set(name, contested ? recent : [...recent, clock.now()]);
    return contested;
  }

  /**
   * Server-side apply, so that the right to create can be bound to the one name. A missing one is made without force:
   * whoever was faster keeps it. One of ours is put right under the version that it was decided on.
   */
  async #apply(namespace: string, decision: 'create' | 'restore'): Promise<void> {
    const { connection, owner } = this.#options;
    const version = decision === 'restore' ? { resourceVersion: this.#records.get(namespace)?.resourceVersion } : {};
    const answer = await connection.json({
      method: 'PATCH',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${rootConfigMapName}`,
      query: { fieldManager: `outrigger.${owner}`, force: String(decision === 'restore') },
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: rootConfigMapName, namespace, labels: { [ownerLabel]: owner }, ...version },
        data: { [rootKey]: this.#roots?.current() ?? '' },
      },
    });
    const { status, retryAfterMs = 0 } = answer;
    // 404, and 403 with this cause: the namespace ends. 409: someone was faster, and the watch tells what there is now.
    if (status < 300) {
      this.#failures = 0;
      this.#reported.delete('away');
      return;
    }
    if (status === 404 || status === 409 || isEnding(answer.body)) return;
    if (status === 401) connection.reload();
    if (status === 401 || status === 429 || status >= 500) {
      if (retryAfterMs > 0) await this.#pause(retryAfterMs);
      throw new Error(`PATCH answered ${status}`);
    }
    this.#report(`${status}`, `${namespace}: ${status}: ${messageOf(answer.body)}`);
    const { random = Math.random } = this.#options;
    this.#later(namespace, refusedMs * (0.5 + random()));
  }

  #later(name: string, ms: number): void {
    const { clock = systemClock } = this.#options;
    const again = () => {
      this.#timers.delete(name);
      this.#consider(name);
    };
    this.#timers.set(name, clock.after(ms, again));
  }

  #pause(ms: number): Promise<void> {
    const { clock = systemClock } = this.#options;
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      this.#cancelPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #report(what: string, message: string): void {
    if (this.#reported.has(what) || this.#stopped) return;
    this.#reported.add(what);
    this.#options.onProblem(new OutriggerError('OR2221', message));
  }

  /** All of them in one message, and again only when there are more. */
  #reportForeign(): void {
    const names = this.foreign;
    const fresh = names.filter((name) => !this.#reported.has(`foreign ${name}`));
    for (const key of this.#reported)
      if (key.startsWith('foreign ') && !this.#foreign.has(key.slice(8))) this.#reported.delete(key);
    if (fresh.length === 0 || this.#stopped) return;
    for (const name of fresh) this.#reported.add(`foreign ${name}`);
    this.#options.onProblem(new OutriggerError('OR2220', listed(fresh)));
  }
}

/** `shop, cart, web and 7 more`. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return `${rootConfigMapName} of ${names.length > 5 ? `${shown} and ${names.length - 5} more namespaces` : shown}`;
}

/** Only those of the one name travel, so RBAC can bind the right to that name. */
const rootKind: ResourceKind<RootRecord> = {
  path: '/api/v1/configmaps',
  metadataOnly: false,
  fieldSelector: `metadata.name=${rootConfigMapName}`,
  decode: (object) => {
    const { metadata, data } = object;
    if (!isObject(metadata) || typeof metadata['namespace'] !== 'string') return undefined;
    return {
      namespace: metadata['namespace'],
      resourceVersion: textOf(metadata, 'resourceVersion'),
      owner: isObject(metadata['labels']) ? textOf(metadata['labels'], ownerLabel) : '',
      root: isObject(data) ? textOf(data, rootKey) : '',
    };
  },
};

function textOf(object: JsonObject, key: string): string {
  const value = Object.hasOwn(object, key) ? object[key] : undefined;
  return typeof value === 'string' ? value : '';
}

function isEnding(status: unknown): boolean {
  const details = isObject(status) ? status['details'] : undefined;
  const causes = isObject(details) ? details['causes'] : undefined;
  return Array.isArray(causes) && causes.some((cause) => isObject(cause) && cause['reason'] === 'NamespaceTerminating');
}

function messageOf(status: unknown): string {
  return isObject(status) ? textOf(status, 'message') : '';
}
