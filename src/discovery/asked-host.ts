import type { XdsResource } from '../xds/resource.ts';
import { blockedHost, passthroughHost } from '../xds/translate/route-configuration.ts';

/** `80/reviews.default:80`: a route configuration and a Host header, as Envoy asks for a virtual host. */
export interface AskedHost {
  readonly port: number;
  /** In lower case, without the port. */
  readonly host: string;
}

/** Undefined for what is no port and host: a client may send any bytes as its Host. */
export function parseAskedHost(name: string): AskedHost | undefined {
  const found = /^(\d{1,5})\/([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i.exec(name);
  if (found === null) return undefined;
  return { port: Number(found[1]), host: (found[2] ?? '').toLowerCase() };
}

/**
 * A virtual host for a host that nobody knows, so that its requests go on at once: a mere "there is none" would let them
 * wait, and an answer without content would live on beside a later one.
 */
export function unknownHost({ port, host }: AskedHost, blocked: boolean): XdsResource {
  const name = `${port}/${host}`;
  const message = blocked ? blockedHost(name, [host]) : passthroughHost(name, [host]);
  return { type: 'virtualHost', name, message, origins: [] };
}
