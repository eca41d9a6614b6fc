import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';

export type Algorithm = 'RS256' | 'ES256';

interface SigningKey {
  readonly alg: Algorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function makeKey(alg: Algorithm): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { alg, kid: randomUUID(), ...pair };
}

/** An issuer of real tokens, with a key of each kind. */
export class TestIssuer {
  readonly issuer: string;
  #keys: readonly SigningKey[] = [makeKey('RS256'), makeKey('ES256')];

  constructor(issuer: string) {
    this.issuer = issuer;
  }

  /** New keys; tokens of the old ones are good for whoever has not heard of it. */
  rotate(): void {
    this.#keys = [makeKey('RS256'), makeKey('ES256')];
  }

  get keySet(): string {
    const keys = this.#keys.map(({ alg, kid, publicKey }) => ({
      ...publicKey.export({ format: 'jwk' }),
      ...{ alg, kid, use: 'sig' },
    }));
    return JSON.stringify({ keys });
  }

  /** A token that is good for an hour, unless the claims say otherwise. */
  token(claims: Readonly<Record<string, unknown>> = {}, alg: Algorithm = 'RS256'): string {
    const key = this.#keys.find((candidate) => candidate.alg === alg);
    if (key === undefined) throw new Error(`no key of ${alg}`);
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: this.issuer, sub: 'me', iat: now, exp: now + 3600, ...claims };
    const text = [{ alg, kid: key.kid, typ: 'JWT' }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = createSign('SHA256')
      .update(text)
      .sign({ key: key.privateKey, dsaEncoding: 'ieee-p1363' })
      .toString('base64url');
    return `${text}.${signature}`;
  }
}

/** Publishes the keys of an issuer at `/keys`, and fails when it is told to. */
export class KeyServer {
  readonly #issuer: TestIssuer;
  readonly #server: Server;
  failing = false;

  constructor(issuer: TestIssuer) {
    this.#issuer = issuer;
    this.#server = createServer((request, response) => {
      response.setHeader('connection', 'close');
      if (this.failing) response.writeHead(503).end();
      else if (request.url === '/keys') response.end(issuer.keySet);
      else if (request.url === '/.well-known/openid-configuration')
        response.end(JSON.stringify({ issuer: this.#issuer.issuer, jwks_uri: `http://${request.headers.host}/keys` }));
      else response.writeHead(404).end();
    });
  }

  async listen(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, host, resolve));
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const bearer = (token: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${token}` });
