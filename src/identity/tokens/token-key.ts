import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OutriggerError } from '../../errors.ts';
import { createFile } from '../atomic-file.ts';

/** A key for `LocalTokens` that dies with this process. */
export function makeTokenKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}

/** The key in a file of mode 0600, made when there is none; of two processes that make it, one wins. Throws OR2216. */
export async function loadTokenKey(path: string): Promise<KeyObject> {
  try {
    const known = await readKey(path);
    if (known !== undefined) return check(known);
    const text = makeTokenKey().export({ type: 'pkcs8', format: 'pem' }).toString();
    await createFile({ path, text, mode: 0o600 });
    return check((await readKey(path)) ?? '');
  } catch (cause) {
    const fault = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is no key';
    throw new OutriggerError('OR2216', cause instanceof WrongKey ? cause.message : fault, { at: path, cause });
  }
}

class WrongKey extends Error {}

function check(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new WrongKey('it is not of the curve P-256');
  return key;
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
