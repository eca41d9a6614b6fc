import { readFile } from 'node:fs/promises';
import { OutriggerError } from '../../errors.ts';
import type { NamespaceFacts, NodeFacts } from '../../model/pod.ts';
import type { Source } from '../source.ts';
import { type FileFact, factOf, type Gathered, gatherFacts } from './gather-facts.ts';
import { parseObjects } from './parse-objects.ts';
import { codeOf, type FoundFile, type Walk, walkFolder } from './walk.ts';

export interface FilesSourceOptions {
  readonly folder: string;
  /** Milliseconds between two looks at the folder, for changes that the watch misses. */
  readonly pollMs: number;
  /** Milliseconds of quiet after a hint, so that several files saved together are read together. */
  readonly quietMs: number;
  readonly watchFolder: (folder: string, hint: () => void) => () => void;
  /** Calls the task once, later; the result cancels. */
  readonly after: (milliseconds: number, task: () => void) => () => void;
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
  /** Objects of kinds that nothing reads, by `apiVersion kind`. */
  readonly ignored: ReadonlyMap<string, number>;
}

interface FileState {
  readonly signature: string;
  /** The last good content. */
  readonly facts: readonly FileFact[];
  readonly ignored: readonly string[];
  readonly problem: OutriggerError | undefined;
}

const mostBytes = 1024 * 1024;

/**
 * Namespaces and nodes from a folder. A file is taken whole or not at all: with a fault in it, its last good
 * content stays in use and the fault is a problem; the other files are not touched by it.
 */
export class FilesSource implements Source {
  readonly name = 'files';
  readonly #options: FilesSourceOptions;
  #files: ReadonlyMap<string, FileState> = new Map();
  #gathered: Gathered = { namespaces: new Map(), nodes: [], duplicates: [] };
  #problems: readonly OutriggerError[] = [];
  #synced = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: FilesSourceOptions) {
    this.#options = options;
  }

  get synced(): boolean {
    return this.#synced;
  }

  namespace(name: string): NamespaceFacts | undefined {
    return this.#gathered.namespaces.get(name);
  }

  async fetchNamespace(name: string): Promise<NamespaceFacts | undefined> {
    await this.#read();
    return this.namespace(name);
  }

  nodes(): readonly NodeFacts[] {
    return this.#gathered.nodes;
  }

  problems(): readonly OutriggerError[] {
    return this.#problems;
  }

  /** Throws OR1605 when there is no such folder at the start; later the last good content outlives the folder. */
  async start(signal: AbortSignal): Promise<void> {
    const { folder, pollMs, quietMs, watchFolder, after } = this.#options;
    await walkFolder(folder);
    await this.#read();
    let cancel = () => {};
    const look = async (): Promise<void> => {
      cancel();
      await this.#read();
      cancel();
      if (!signal.aborted) cancel = after(pollMs, look);
    };
    const stopWatch = watchFolder(folder, () => {
      cancel();
      if (!signal.aborted) cancel = after(quietMs, look);
    });
    const stop = (): void => {
      cancel();
      stopWatch();
    };
    signal.addEventListener('abort', stop, { once: true });
    cancel = after(pollMs, look);
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
      files.set(file.path, known?.signature === file.signature ? known : await readState(file, known));
    }
    const changed = !sameStates(files, this.#files);
    this.#files = files;
    if (changed) this.#gathered = gatherFacts([...files.values()].flatMap((state) => state.facts));
    const faults = [...files.values()].flatMap((state) => state.problem ?? []);
    const first = !this.#synced;
    this.#synced = true;
    this.#report([...walk.problems, ...faults, ...this.#gathered.duplicates], changed || first);
  }

  #report(problems: readonly OutriggerError[], changed: boolean): void {
    const before = new Set(this.#problems.map((problem) => problem.message));
    const fresh = problems.filter((problem) => !before.has(problem.message));
    const settled = problems.length < before.size;
    this.#problems = problems;
    if (!changed && fresh.length === 0 && !settled) return;
    const ignored = new Map<string, number>();
    for (const state of this.#files.values()) {
      for (const kind of state.ignored) ignored.set(kind, (ignored.get(kind) ?? 0) + 1);
    }
    const { namespaces, nodes } = this.#gathered;
    const sizes = { files: this.#files.size, namespaces: namespaces.size, nodes: nodes.length };
    this.#options.onReload({ ...sizes, problems, fresh, ignored });
  }
}

function sameStates(left: ReadonlyMap<string, FileState>, right: ReadonlyMap<string, FileState>): boolean {
  return left.size === right.size && [...left].every(([path, state]) => right.get(path) === state);
}

async function readState(file: FoundFile, known: FileState | undefined): Promise<FileState> {
  try {
    if (file.bytes > mostBytes) {
      throw new OutriggerError('OR1602', `it has ${file.bytes} bytes`, { at: file.path });
    }
    const objects = parseObjects(await readText(file.path), file.path);
    const facts: FileFact[] = [];
    const ignored: string[] = [];
    for (const item of objects) {
      const fact = factOf(item);
      if (fact === undefined) ignored.push(`${item.apiVersion} ${item.kind}`);
      else facts.push(fact);
    }
    return { signature: file.signature, facts, ignored, problem: undefined };
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error;
    const { facts = [], ignored = [] } = known ?? {};
    return { signature: file.signature, facts, ignored, problem: error };
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new OutriggerError('OR1604', codeOf(cause), { at: path, cause });
  }
}
