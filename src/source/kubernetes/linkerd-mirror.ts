import { type Clock, systemClock } from './clock.ts';
import type { KubeConnection } from './connection.ts';
import { defaultBackoff, waitMs } from './list-watch-state.ts';
import type { NamespaceRecord } from './resources.ts';

export const linkerdAnnotation = 'linkerd.io/inject';
/** Selectors of webhooks see labels only, so the annotation of a namespace is repeated as this label. */
export const linkerdMirrorLabel = 'outrigger.io/linkerd-inject';

export interface LinkerdMirrorOptions {
  readonly connection: KubeConnection;
  /** Namespaces that are never touched. */
  readonly excluded: readonly string[];
  readonly clock?: Clock;
  /** In [0, 1). */
  readonly random?: () => number;
  /** A patch that failed. `willRetry` is false when only a change of the namespace or of our rights helps. */
  readonly onProblem?: (problem: { namespace: string; message: string; willRetry: boolean }) => void;
}

/** What the label has to become: a value, null (remove it), or undefined (it is right already). Pure. */
export function decideMirror(namespace: NamespaceRecord): string | null | undefined {
  const said = own(namespace.annotations, linkerdAnnotation);
  const wanted = said === 'enabled' || said === 'ingress' || said === 'disabled' ? said : undefined;
  const found = own(namespace.labels, linkerdMirrorLabel);
  if (wanted === found) return undefined;
  return wanted ?? null;
}

/**
 * Keeps the label equal to the annotation. Needs no leader: each patch carries the version of the namespace that it
 * was decided on, so of two replicas one wins, the other gets 409 and sees the result as the next event.
 */
export class LinkerdMirror {
  readonly #options: LinkerdMirrorOptions;
  readonly #pending = new Map<string, NamespaceRecord>();
  #running = false;
  #failures = 0;
  #stopped = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: LinkerdMirrorOptions) {
    this.#options = options;
  }

  /** Follows what `subscribe` tells (see `KubernetesSource.onNamespace`) until the signal aborts. */
  start(subscribe: (listener: (namespace: NamespaceRecord) => void) => () => void, signal: AbortSignal): void {
    const unsubscribe = subscribe((namespace) => this.#consider(namespace));
    signal.addEventListener(
      'abort',
      () => {
        this.#stopped = true;
        this.#cancelTimer();
        unsubscribe();
      },
      { once: true },
    );
  }

  #consider(namespace: NamespaceRecord): void {
    if (this.#options.excluded.includes(namespace.name)) return;
    if (decideMirror(namespace) === undefined) {
      this.#pending.delete(namespace.name);
      return;
    }
    this.#pending.set(namespace.name, namespace);
    if (!this.#running) void this.#run();
  }

  /** One patch at a time. Never rejects. */
  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const [namespace] = this.#pending.values();
      if (namespace === undefined || this.#stopped) break;
      this.#pending.delete(namespace.name);
      const problem = await this.#patch(namespace);
      if (problem === undefined) {
        this.#failures = 0;
        continue;
      }
      this.#options.onProblem?.({ namespace: namespace.name, ...problem });
      if (!problem.willRetry) continue;
      if (!this.#pending.has(namespace.name)) this.#pending.set(namespace.name, namespace);
      await this.#pause();
    }
    this.#running = false;
  }

  async #patch(namespace: NamespaceRecord): Promise<{ message: string; willRetry: boolean } | undefined> {
    const labels = { [linkerdMirrorLabel]: decideMirror(namespace) };
    try {
      const answer = await this.#options.connection.json({
        method: 'PATCH',
        path: `/api/v1/namespaces/${encodeURIComponent(namespace.name)}`,
        query: { fieldManager: 'outrigger' },
        contentType: 'application/merge-patch+json',
        body: { metadata: { resourceVersion: namespace.resourceVersion, labels } },
      });
      // 409: it changed meanwhile, the next event decides. 404: it is gone.
      if (answer.status < 300 || answer.status === 409 || answer.status === 404) return undefined;
      if (answer.status === 401) this.#options.connection.reload();
      const lasting = answer.status === 403 || answer.status === 422 || answer.status === 400;
      return { message: `the API server answered ${answer.status}`, willRetry: !lasting };
    } catch (error) {
      return { message: error instanceof Error ? error.message : String(error), willRetry: true };
    }
  }

  #pause(): Promise<void> {
    const { clock = systemClock, random = Math.random } = this.#options;
    this.#failures++;
    return new Promise((resolve) => {
      this.#cancelTimer = clock.after(waitMs(this.#failures, random(), defaultBackoff), resolve);
    });
  }
}

function own(map: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
