import { ServerCredentials } from '@grpc/grpc-js';

/** PEM. */
export interface ServingPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Server credentials that change while the server runs: grpc-js hands each update to the secure context of its
 * listening servers, so that new connections get the new certificate and those that are open go on.
 */
export class RotatingCredentials extends ServerCredentials {
  constructor(pair: ServingPair) {
    super({ requestCert: false }, contextOf(pair));
  }

  update(pair: ServingPair): void {
    this.updateSecureContextOptions(contextOf(pair));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Proxies prove themselves by token; ALPN is what Node's HTTP/2 offers, `h2` alone. */
function contextOf({ certificate, key }: ServingPair): { cert: string; key: string; minVersion: 'TLSv1.2' } {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}
