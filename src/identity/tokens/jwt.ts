import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { checkTokenForm } from './token-peer.ts';

/** A JWT taken apart; nothing of it is proven. */
export interface ParsedToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly signed: string;
  readonly signature: Buffer;
}

/** Throws OR2210. */
export function parseToken(token: string): ParsedToken {
  checkTokenForm(token);
  const [header = '', claims = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  // Of the forms that decode to the same bytes only one is that of the signer.
  if (bytes.toString('base64url') !== signature) throw new OutriggerError('OR2210', 'its signature is not base64url');
  return { header: parsePart(header), claims: parsePart(claims), signed: `${header}.${claims}`, signature: bytes };
}

function parsePart(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // Falls through to the one message: what it holds instead is nobody's business.
  }
  throw new OutriggerError('OR2210', 'its header or claims are no JSON object');
}

/** When the token ends, in milliseconds. Throws OR2212 for one without end, such as those of old Secrets. */
export function expiryOf(claims: JsonObject): number {
  const { exp } = claims;
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw new OutriggerError('OR2212', 'it has no end');
  return exp * 1000;
}
