import { inspect } from 'node:util';
import type { Origin } from '../../model/origin.ts';
import type { Message, XdsResource } from '../resource.ts';

/** Names of the secrets that every proxy may ask for, as Istio's proxies know them. */
export const identitySecretName = 'default';
export const rootSecretName = 'ROOTCA';

export interface CertificateTexts {
  /** PEM, leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

/** A secret's message is behind a getter that neither JSON nor a log line follows: it holds a key. */
class SecretResource implements XdsResource {
  readonly type = 'secret';
  readonly name: string;
  readonly origins: readonly Origin[];
  readonly #message: Message;

  constructor(name: string, body: Message, origins: readonly Origin[]) {
    this.name = name;
    this.origins = origins;
    this.#message = { name, ...body };
  }

  get message(): Message {
    return this.#message;
  }

  [inspect.custom](): string {
    return `secret ${this.name}`;
  }
}

/** What a proxy or a gateway's server proves itself with. */
export function certificateSecret(name: string, texts: CertificateTexts, origins: readonly Origin[] = []): XdsResource {
  const { chainPem, keyPem } = texts;
  const tls_certificate = { certificate_chain: inline(chainPem), private_key: inline(keyPem) };
  return new SecretResource(name, { tls_certificate }, origins);
}

/** Whom a proxy trusts. */
export function trustSecret(name: string, rootsPem: string, origins: readonly Origin[] = []): XdsResource {
  return new SecretResource(name, { validation_context: { trusted_ca: inline(rootsPem) } }, origins);
}

/** Bytes are base64 in protobuf's JSON. */
function inline(pem: string): Message {
  return { inline_bytes: Buffer.from(pem, 'utf8').toString('base64') };
}
