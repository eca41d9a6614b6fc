import { OutriggerError } from '../../errors.ts';
import { type FaultListener, faultOf } from '../../model/fault.ts';
import type {
  NamespacedObject,
  NamespaceFacts,
  NodeFacts,
  ProxyConfigLayers,
  StoppedInjection,
} from '../../model/pod.ts';
import { BootstrapFilters } from '../bootstrap-filters.ts';
import type { ObjectSource } from '../object-source.ts';
import { type ObjectListener, ObjectStore } from '../object-store.ts';
import { ProxyConfigs } from '../proxy-configs.ts';
import type { Source } from '../source.ts';
import { StoppedInjections } from '../stopped-injections.ts';
import { type Facts, gatherFacts } from './gather-facts.ts';
import { gatherItems } from './gather-items.ts';
import { type FileState, readFileState } from './read-file-state.ts';
import { type Walk, walkFolder } from './walk.ts';

export interface FilesSourceOptions {
  readonly folder: string;
  /** Whose ProxyConfigs hold everywhere; the usual ones without it. */
  readonly rootNamespaces?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** Milliseconds between two looks at the folder, for changes that the watch misses. */
  readonly pollMs: number;
  /** Milliseconds between the first hint and the reading, so that several files saved together are read together. */
  readonly gatherMs: number;
  readonly watchFolder: (folder: string, hint: () => void) => () => void;
  /** Calls the task once, later; the result cancels. */
  readonly after: (milliseconds: number, task: () => void) => () => void;
  /** OR1660 of objects that a listener cannot take, OR1661 of a reading that failed; without it they are thrown. */
  readonly onFault?: FaultListener;
  /** Told of each reading that changed anything. */
  readonly onReload: (reload: Reload) => void;
}

export interface Reload {
  readonly files: number;
  readonly namespaces: number;
  readonly nodes: number;
  /** All of now. */
  readonly problems: readonly OutriggerError[];
  /** Those that the reading before did not have. */
  readonly fresh: readonly OutriggerError[];
  /** Objects without effect that their author counts on, all of now: OR2407, OR1640. The rest lives. */
  readonly notices: readonly OutriggerError[];
  /** Those that the reading before did not have. */
  readonly freshNotices: readonly OutriggerError[];
  /** Objects of kinds that nothing reads, by `apiVersion kind`. */
  readonly ignored: ReadonlyMap<string, number>;
}

/**
 * Objects of the mesh from a folder, namespaces and nodes among them. What cannot be read is a problem, and its last
 * good content stays in use; the rest of its file and the other files are not touched by it.
 */
export class FilesSource implements Source, ObjectSource {
  readonly name = 'files';
  readonly #options: FilesSourceOptions;
  #files: ReadonlyMap<string, FileState> = new Map();
  readonly #objects: ObjectStore;
  readonly #proxyConfigs: ProxyConfigs;
  readonly #bootstrapFilters: BootstrapFilters;
  readonly #stoppedInjections: StoppedInjections;
  #facts: Facts = { namespaces: new Map(), nodes: [] };
  #duplicates: readonly OutriggerError[] = [];
  #problems: readonly OutriggerError[] = [];
  #notices: readonly OutriggerError[] = [];
  #synced = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: FilesSourceOptions) {
    this.#options = options;
    this.#objects = new ObjectStore(options.onFault);
    this.#proxyConfigs = new ProxyConfigs(this.#objects, options.rootNamespaces);
    this.#bootstrapFilters = new BootstrapFilters(this.#objects, options.rootNamespaces);
    this.#stoppedInjections = new StoppedInjections(this.#objects, options.now ?? Date.now, options.rootNamespaces);
  }

  get synced(): boolean {
    return this.#synced;
  }

  get objectsSynced(): boolean {
    return this.#synced;
  }

  onObjects(listener: ObjectListener): () => void {
    return this.#objects.follow(listener);
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.#facts.namespaces.get(name);
  }

  async fetchNamespace(name: string): Promise<NamespaceFacts | undefined> {
    await this.#read();
    return this.namespace(name);
  }

  nodes(): readonly NodeFacts[] {
    return this.#facts.nodes;
  }

  proxyConfigs(namespace: string, labels: Readonly<Record<string, string>>): ProxyConfigLayers | undefined {
    return this.#proxyConfigs.layers(namespace, labels);
  }

  bootstrapFilters(namespace: string): readonly NamespacedObject[] | undefined {
    return this.#bootstrapFilters.of(namespace);
  }

  stoppedInjection(namespace: string, labels: Readonly<Record<string, string>>): StoppedInjection | undefined {
    return this.#stoppedInjections.find(namespace, labels);
  }

  problems(): readonly OutriggerError[] {
    return this.#problems;
  }

  /** Throws OR1605 when there is no such folder at the start; later the last good content outlives the folder. */
  async start(signal: AbortSignal): Promise<void> {
    const { folder, pollMs, gatherMs, watchFolder, after } = this.#options;
    await walkFolder(folder);
    await this.#read();
    let cancel = () => {};
    let hinted = false;
    const look = async (): Promise<void> => {
      cancel();
      hinted = false;
      await this.#read().catch((error) => this.#fail(error));
      if (signal.aborted || hinted) return;
      cancel();
      cancel = after(pollMs, look);
    };
    // Hints that follow do not put the reading off: a folder that never rests would never be read.
    const stopWatch = watchFolder(folder, () => {
      if (signal.aborted || hinted) return;
      hinted = true;
      cancel();
      cancel = after(gatherMs, look);
    });
    const stop = (): void => {
      cancel();
      stopWatch();
    };
    signal.addEventListener('abort', stop, { once: true });
    cancel = after(pollMs, look);
  }

  /** The next reading may go well: whoever saves a file again must not find that nobody looks any more. */
  #fail(error: unknown): void {
    const { onFault, folder } = this.#options;
    if (onFault === undefined) throw error;
    onFault(faultOf('OR1661', folder, error));
  }

  /** One reading at a time; all who ask during one share the one after it, which sees what is there now. */
  #read(): Promise<void> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#running = this.#readNow().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #readNow(): Promise<void> {
    let walk: Walk;
    try {
      walk = await walkFolder(this.#options.folder);
    } catch (error) {
      if (!(error instanceof OutriggerError)) throw error;
      this.#report([error], true);
      return;
    }
    const files = new Map<string, FileState>();
    for (const file of walk.files) {
      const known = this.#files.get(file.path);
      files.set(file.path, known?.signature === file.signature ? known : await readFileState(file, known));
    }
    const changed = !sameStates(files, this.#files);
    this.#files = files;
    const first = !this.#synced;
    this.#synced = true;
    if (changed) this.#gather();
    const faults = [...files.values()].flatMap((state) => state.problems);
    this.#report([...walk.problems, ...faults, ...this.#duplicates], changed || first);
  }

  #gather(): void {
    const { items, duplicates } = gatherItems([...this.#files.values()].flatMap((state) => state.items));
    this.#duplicates = duplicates;
    this.#facts = gatherFacts([...items.values()].flatMap((item) => item.fact ?? []));
    const gone = [...this.#objects.keys()].filter((key) => !items.has(key));
    this.#objects.change(
      [...items.values()].map((item) => item.object),
      gone,
    );
  }

  #report(problems: readonly OutriggerError[], changed: boolean): void {
    const fresh = notIn(problems, this.#problems);
    const settled = problems.length < this.#problems.length;
    this.#problems = problems;
    if (!changed && fresh.length === 0 && !settled) return;
    const notices = [...this.#files.values()].flatMap((state) => state.notices);
    const freshNotices = notIn(notices, this.#notices);
    this.#notices = notices;
    const ignored = new Map<string, number>();
    for (const state of this.#files.values()) {
      for (const kind of state.ignored) ignored.set(kind, (ignored.get(kind) ?? 0) + 1);
    }
    const { namespaces, nodes } = this.#facts;
    const sizes = { files: this.#files.size, namespaces: namespaces.size, nodes: nodes.length };
    this.#options.onReload({ ...sizes, problems, fresh, notices, freshNotices, ignored });
  }
}

function notIn(errors: readonly OutriggerError[], earlier: readonly OutriggerError[]): readonly OutriggerError[] {
  const known = new Set(earlier.map((error) => error.message));
  return errors.filter((error) => !known.has(error.message));
}

function sameStates(left: ReadonlyMap<string, FileState>, right: ReadonlyMap<string, FileState>): boolean {
  return left.size === right.size && [...left].every(([path, state]) => right.get(path) === state);
}
