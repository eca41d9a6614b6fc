import type { Registry as MetricRegistry } from 'prom-client';
import { keySourcesOf } from '../../policy/request-authentication/keys.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { TokenKeySeries } from '../../telemetry/token-key-series.ts';
import { guardAddresses } from './address-guard.ts';
import { guardedGet } from './guarded-get.ts';
import { readKeys } from './read-keys.ts';
import { TokenKeys } from './token-keys.ts';

export interface TokenKeyReaderOptions {
  readonly registry: Registry;
  readonly refreshMs: number;
  /** Blocks of addresses that may be read although they are the machine's own, or a cloud's. */
  readonly allowedAddresses: readonly string[];
  readonly after: (ms: number, task: () => void) => () => void;
  readonly metrics: MetricRegistry;
  readonly logger: Logger;
}

const defaultTimeoutMs = 5_000;

/** Reads the keys of all issuers that RequestAuthentications name, and tells them to the registry. */
export function readTokenKeys(options: TokenKeyReaderOptions): TokenKeys {
  const { registry, refreshMs, after, metrics, logger } = options;
  const get = guardedGet(guardAddresses(options.allowedAddresses));
  const series = new TokenKeySeries(metrics, () => keys.states);
  const keys: TokenKeys = new TokenKeys({
    after,
    refreshMs,
    read: async (source) => {
      try {
        const read = await readKeys(source, get);
        series.reading('read');
        return read;
      } catch (error) {
        series.reading('failed');
        throw error;
      }
    },
    onKeys: (known) => registry.learnKeys(known),
    onFailure: ({ uri }, { code, message, remedy }, state) => {
      const instead = state === 'missing' ? 'no token of the issuer is taken' : 'the last good keys are used';
      logger.error({ code, source: uri, state, remedy }, `${message}; ${instead}`);
    },
    onFaults: ({ uri }, faults) =>
      logger.warn({ code: 'OR2453', source: uri }, `keys that cannot be used are left out: ${faults.join('; ')}`),
  });
  let wanted: Snapshot['requestAuthentications'] | undefined;
  const look = ({ requestAuthentications }: Snapshot): void => {
    if (requestAuthentications === wanted) return;
    wanted = requestAuthentications;
    keys.want(keySourcesOf(requestAuthentications, ({ timeout = '' }) => parseDuration(timeout) ?? defaultTimeoutMs));
  };
  registry.onSnapshot(look);
  return keys;
}
