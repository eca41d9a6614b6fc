import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OutriggerError } from '../errors.ts';
import { checkPair, type PemTexts } from './check-pair.ts';
import type { Clock, PairListener, ServingCertificates } from './serving-certificates.ts';
import type { ServingPair } from './serving-pair.ts';

export interface GivenCertificatesOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string | undefined;
  readonly clock: Clock;
  /** Milliseconds between two looks at the files; they are small. */
  readonly pollMs: number;
  /** Calls `hint` when something in the folder may have changed; may miss changes. Returns how to stop. */
  readonly watchFolder: (folder: string, hint: () => void) => () => void;
}

/**
 * A pair that someone else makes and renews: cert-manager (a mounted Secret, swapped by a symlink) or an own
 * PKI. It is taken as it is. A renewed pair that cannot be served is reported, and the last good one stays.
 */
export class GivenCertificates implements ServingCertificates {
  readonly #options: GivenCertificatesOptions;
  #served = '';
  #reported = '';

  constructor(options: GivenCertificatesOptions) {
    this.#options = options;
  }

  /** Throws OR1503, OR1504, OR1505, OR1508. */
  async load(): Promise<ServingPair> {
    const texts = await this.#read();
    const pair = this.#check(texts);
    this.#served = fingerprint(texts);
    return pair;
  }

  watch(listener: PairListener, signal: AbortSignal): void {
    const { clock, pollMs, watchFolder, certFile, keyFile } = this.#options;
    let cancel = () => {};
    let busy = false;
    const look = async (): Promise<void> => {
      if (busy || signal.aborted) return;
      busy = true;
      cancel();
      await this.#look(listener);
      busy = false;
      if (!signal.aborted) cancel = clock.after(pollMs, look);
    };
    const folders = new Set([dirname(certFile), dirname(keyFile)]);
    const stops = [...folders].map((folder) => watchFolder(folder, look));
    signal.addEventListener('abort', () => [cancel, ...stops].forEach((stop) => void stop()), { once: true });
    cancel = clock.after(pollMs, look);
  }

  /** Each fault of each content is reported once; a good content is handed over once. */
  async #look(listener: PairListener): Promise<void> {
    let content = '';
    try {
      const texts = await this.#read();
      content = fingerprint(texts);
      if (content !== this.#served) listener.onPair(this.#check(texts));
      this.#served = content;
      this.#reported = '';
    } catch (cause) {
      const error = cause instanceof OutriggerError ? cause : new OutriggerError('OR1503', String(cause), { cause });
      const report = `${error.message}\n${content}`;
      if (report !== this.#reported) listener.onFailure(error);
      this.#reported = report;
    }
  }

  #check(texts: PemTexts): ServingPair {
    return checkPair(texts, this.#options.clock.now(), this.#options.certFile);
  }

  async #read(): Promise<PemTexts> {
    const { certFile, keyFile, caFile } = this.#options;
    const [chainPem, keyPem, caPem] = await Promise.all([
      readPem(certFile),
      readPem(keyFile),
      caFile === undefined ? '' : readPem(caFile),
    ]);
    return { chainPem, keyPem, caPem };
  }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1503', `it cannot be read (${code})`, { at: path, cause });
  }
}

function fingerprint(texts: PemTexts): string {
  return JSON.stringify(texts);
}
