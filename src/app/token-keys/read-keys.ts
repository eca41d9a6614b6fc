import { OutriggerError } from '../../errors.ts';
import { isObject } from '../../model/json.ts';
import { parseKeySet, printKeySet } from '../../model/key-set.ts';
import type { KeySource } from '../../policy/request-authentication/keys.ts';
import type { Get } from './guarded-get.ts';

export interface ReadKeys {
  /** JSON Web Key Set of those that proxies can use; one at least. */
  readonly keys: string;
  /** Keys that are left out, and why. */
  readonly faults: readonly string[];
}

/**
 * The keys of a source. Of an issuer they stand where its OpenID configuration says:
 * https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig. Rejects with OR2451 and OR2452.
 */
export async function readKeys({ kind, uri, timeoutMs }: KeySource, get: Get): Promise<ReadKeys> {
  const where = kind === 'keys' ? uri : await discover(uri, timeoutMs, get);
  const { keys, faults } = parseKeySet(await get(where, timeoutMs));
  if (keys.length === 0)
    throw new OutriggerError('OR2451', `${where} has no key that can be used: ${faults.join('; ')}`);
  return { keys: printKeySet({ keys }), faults };
}

async function discover(issuer: string, timeoutMs: number, get: Get): Promise<string> {
  if (!/^https?:\/\//.test(issuer)) throw new OutriggerError('OR2451', `the issuer ${issuer} is no address`);
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const text = await get(url, timeoutMs);
  const found = readUri(text);
  if (found === undefined) throw new OutriggerError('OR2451', `${url} has no address jwks_uri`);
  return found;
}

function readUri(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const uri = isObject(document) ? document.jwks_uri : undefined;
    return typeof uri === 'string' && URL.canParse(uri) ? uri : undefined;
  } catch {
    return undefined;
  }
}
