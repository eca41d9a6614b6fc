import { createHash, createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { OutriggerError } from '../../errors.ts';
import { parseToken } from './jwt.ts';
import { buildClaims, checkClaims, type TokenSubject } from './local-claims.ts';
import { type TokenPeer, tokenAudience } from './token-peer.ts';

export interface LocalTokensOptions {
  /** ECDSA P-256, private: see `token-key.ts`. */
  readonly key: KeyObject;
  readonly now: () => number;
  readonly issuer?: string;
  readonly audience?: string;
}

/** The one algorithm. Whatever else a header names, `none` first of all, is refused before anything is computed. */
const algorithm = 'ES256';
const defaultIssuer = 'https://tokens.outrigger.local';

/** Where there is no API server: makes and verifies tokens of the form that Kubernetes gives them. */
export class LocalTokens {
  readonly #key: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #keyId: string;
  readonly #now: () => number;
  readonly #rules: { readonly issuer: string; readonly audience: string };

  constructor(options: LocalTokensOptions) {
    this.#key = options.key;
    this.#publicKey = createPublicKey(options.key);
    const spki = this.#publicKey.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha256').update(spki).digest('base64url');
    this.#now = options.now;
    this.#rules = { issuer: options.issuer ?? defaultIssuer, audience: options.audience ?? tokenAudience };
  }

  issue(subject: TokenSubject, lifetimeMs: number): string {
    const claims = buildClaims(subject, this.#rules, { now: this.#now(), lifetimeMs, id: randomUUID() });
    const signed = [{ alg: algorithm, kid: this.#keyId, typ: 'JWT' }, claims].map(encode).join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Throws OR2210 to OR2214. */
  verify(token: string): TokenPeer {
    const { header, claims, signed, signature } = parseToken(token);
    if (header['alg'] !== algorithm || header['kid'] !== this.#keyId || header['crit'] !== undefined) {
      throw new OutriggerError('OR2211', 'it was not signed here');
    }
    const key = { key: this.#publicKey, dsaEncoding: 'ieee-p1363' } as const;
    if (signature.length !== 64 || !verify('sha256', Buffer.from(signed), key, signature)) {
      throw new OutriggerError('OR2211', 'its signature is wrong');
    }
    return checkClaims(claims, this.#rules, this.#now());
  }

  /** The form of `PeerAuthenticator` of the layer wire. */
  async authenticate(token: string): Promise<TokenPeer> {
    return this.verify(token);
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
