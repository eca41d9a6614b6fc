import { isDeepStrictEqual } from 'node:util';

export interface GatewayNamesOptions {
  /** IP addresses of a name. Rejects when it has none. */
  readonly resolve: (name: string) => Promise<readonly string[]>;
  /** Runs once; the answer cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** All that are known, whenever one of them changed. */
  readonly onAddresses: (addresses: ReadonlyMap<string, readonly string[]>) => void;
  /** Once until the name is found again. */
  readonly onFailure: (name: string, why: string) => void;
}

/** Milliseconds between two lookups of a name: load balancers move their addresses within a minute. */
const refreshMs = 30_000;

interface Entry {
  addresses: readonly string[] | undefined;
  asked: Promise<void>;
  isTold: boolean;
  cancel: () => void;
}

/** Looks up the gateways of networks that are known by name. The last addresses stay while a name cannot be looked up. */
export class GatewayNames {
  readonly #options: GatewayNamesOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: GatewayNamesOptions) {
    this.#options = options;
  }

  /** What is looked up from now on, and nothing else. */
  want(names: ReadonlySet<string>): void {
    const gone = [...this.#entries.keys()].filter((name) => !names.has(name));
    for (const name of gone) this.#forget(name);
    for (const name of names) {
      if (this.#entries.has(name)) continue;
      const entry: Entry = { addresses: undefined, asked: Promise.resolve(), isTold: false, cancel: () => {} };
      this.#entries.set(name, entry);
      entry.asked = this.#look(name, entry);
    }
    if (gone.length > 0) this.#tell();
  }

  /** Resolves when each name that is wanted now was looked up once. Never rejects. */
  async lookedUp(): Promise<void> {
    await Promise.all([...this.#entries.values()].map(({ asked }) => asked));
  }

  close(): void {
    for (const name of [...this.#entries.keys()]) this.#forget(name);
  }

  async #look(name: string, entry: Entry): Promise<void> {
    const { resolve, after, onFailure } = this.#options;
    try {
      const found = [...new Set(await resolve(name))].sort();
      if (this.#entries.get(name) !== entry) return;
      entry.isTold = false;
      const isNew = !isDeepStrictEqual(found, entry.addresses);
      entry.addresses = found;
      if (isNew) this.#tell();
    } catch (error) {
      if (this.#entries.get(name) !== entry) return;
      if (!entry.isTold) onFailure(name, error instanceof Error ? error.message : String(error));
      entry.isTold = true;
    }
    entry.cancel = after(refreshMs, () => void this.#look(name, entry));
  }

  #forget(name: string): void {
    this.#entries.get(name)?.cancel();
    this.#entries.delete(name);
  }

  #tell(): void {
    const known = [...this.#entries].flatMap(([name, { addresses }]) =>
      addresses ? [[name, addresses] as const] : [],
    );
    this.#options.onAddresses(new Map(known));
  }
}
