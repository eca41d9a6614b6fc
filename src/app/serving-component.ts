import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OutriggerError } from '../errors.ts';
import type { ReadinessCheck } from '../http/health.ts';
import { replaceFile } from '../identity/atomic-file.ts';
import { GivenCertificates } from '../identity/given-certificates.ts';
import { OwnCertificates } from '../identity/own-certificates.ts';
import { type ServingCertificates, systemClock } from '../identity/serving-certificates.ts';
import type { ServingPair } from '../identity/serving-pair.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Component } from './component.ts';
import type { Config } from './config.ts';
import type { Surroundings } from './surroundings.ts';
import { watchFolder } from './watch-folder.ts';

export interface ServingOptions {
  readonly config: Config;
  readonly surroundings: Surroundings;
  /** Where `ca.crt` is laid down for clients on this machine; undefined where there are none. */
  readonly stateFolder: string | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Keeps a valid serving pair; the server asks for it when it starts, and is told of each later one. */
export class ServingComponent implements Component {
  readonly name = 'certificates';
  readonly #options: ServingOptions;
  readonly #certificates: ServingCertificates;
  #pair: ServingPair | undefined;
  #lastFailure: OutriggerError | undefined;
  #onPair: (pair: ServingPair) => void = () => {};

  constructor(options: ServingOptions) {
    this.#options = options;
    this.#certificates = chooseCertificates(options);
  }

  get pair(): ServingPair {
    if (this.#pair === undefined)
      throw new OutriggerError('OR1901', 'the certificate is asked for before it is loaded');
    return this.#pair;
  }

  /** Where clients on this machine find the CA. */
  get caFile(): string | undefined {
    const { stateFolder } = this.#options;
    return stateFolder === undefined ? undefined : join(stateFolder, 'ca.crt');
  }

  onPair(listener: (pair: ServingPair) => void): void {
    this.#onPair = listener;
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#take(await this.#load(signal));
    this.#certificates.watch(
      {
        onPair: (pair) => {
          this.#lastFailure = undefined;
          this.#options.logger.info({ notAfter: pair.notAfter }, 'serving certificate renewed');
          this.#take(pair).catch((error) => this.#fail(error));
        },
        onFailure: (error) => this.#fail(error),
      },
      signal,
    );
  }

  /** An API server that is away comes back: a program that ends instead is started again ever more slowly. */
  async #load(signal: AbortSignal): Promise<ServingPair> {
    for (;;) {
      try {
        return await this.#certificates.load();
      } catch (error) {
        if (!(error instanceof OutriggerError) || error.code !== 'OR1630') throw error;
        this.#options.logger.warn({ code: error.code, remedy: error.remedy }, error.message);
        await sleep(2000, undefined, { signal });
      }
    }
  }

  readonly readiness: ReadinessCheck = {
    name: 'certificate',
    problem: () => {
      const now = new Date();
      if (this.#pair === undefined) return 'it is not loaded yet';
      if (now >= this.#pair.notAfter) return `it ended ${this.#pair.notAfter.toISOString()}`;
      return now < this.#pair.notBefore ? `it begins ${this.#pair.notBefore.toISOString()}` : undefined;
    },
    notes: () => (this.#lastFailure === undefined ? [] : [`the last renewal failed: ${this.#lastFailure.message}`]),
  };

  async #take(pair: ServingPair): Promise<void> {
    this.#pair = pair;
    this.#options.metrics.certificateExpiry('leaf', pair.notAfter);
    this.#onPair(pair);
    if (this.caFile !== undefined && pair.caPem !== '') await layDown(this.caFile, pair.caPem);
  }

  #fail(thrown: unknown): void {
    const { logger, metrics } = this.#options;
    metrics.certificateRenewalFailed();
    const error = thrown instanceof OutriggerError ? thrown : undefined;
    this.#lastFailure = error;
    logger.error({ code: error?.code, remedy: error?.remedy, err: error ? undefined : thrown }, `renewal: ${thrown}`);
  }
}

async function layDown(path: string, text: string): Promise<void> {
  try {
    await replaceFile({ path, text, mode: 0o644 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unwritable';
    throw new OutriggerError('OR1006', `it cannot be written (${code})`, { at: path, cause });
  }
}

function chooseCertificates({ config, surroundings }: ServingOptions): ServingCertificates {
  const { certFile, keyFile, caFile, names, leafHours } = config.tls;
  if (certFile !== '' && keyFile !== '') {
    const files = { certFile, keyFile, caFile: caFile === '' ? undefined : caFile };
    return new GivenCertificates({ ...files, clock: systemClock, pollMs: 10_000, watchFolder });
  }
  if (certFile !== '' || keyFile !== '') {
    throw new OutriggerError('OR1503', 'certificate and key have to be given together', { at: 'tls' });
  }
  return new OwnCertificates({
    store: surroundings.rootStore,
    place: surroundings.rootPlace,
    names: [...serviceNames(config.injection.systemNamespace), 'localhost', '127.0.0.1', '::1', ...names],
    leafLifetimeMs: leafHours * 3_600_000,
    clock: systemClock,
  });
}

/** The API server asks for `<service>.<namespace>.svc`. */
function serviceNames(namespace: string): readonly string[] {
  return [
    `outrigger.${namespace}.svc`,
    `outrigger.${namespace}`,
    `outrigger.${namespace}.svc.cluster.local`,
    'outrigger',
  ];
}
