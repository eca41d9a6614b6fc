import { createHash } from 'node:crypto';
import type { XdsResource } from '../xds/resource.ts';
import { blockedHost, type Others, unknownHosts } from '../xds/translate/route-configuration.ts';

/** `80/reviews.default:80`: a route configuration and a Host header, as Envoy asks for a virtual host. */
export interface AskedHost {
  readonly port: number;
  /** In lower case, without the port. */
  readonly host: string;
}

/** The names that RFC 3986 §3.2.2 allows but for `*`, which Envoy's domains would take as a wildcard. */
const askable = /^(\d{1,5})\/([a-z0-9._~%!$&'()+,;=-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Undefined for what is no port and host: a client may send any bytes as its Host. */
export function parseAskedHost(name: string): AskedHost | undefined {
  const found = askable.exec(name);
  if (found === null) return undefined;
  return { port: Number(found[1]), host: (found[2] ?? '').toLowerCase() };
}

/**
 * A virtual host for a host that nobody knows, so that its requests go on at once: a mere "there is none" would let them
 * wait, and an answer without content would live on beside a later one.
 */
export function unknownHost({ port, host }: AskedHost, others: Others): XdsResource {
  const name = `${port}/${host}`;
  return { type: 'virtualHost', name, message: unknownHosts(name, [host], others), origins: [] };
}

const mostHost = 300;

/**
 * The answer to a Host that no host can have, so that its request ends with 404 instead of waiting: a virtual host under
 * the asked name whose domain nobody calls. Domains of a route configuration must differ, hence the hash. Undefined for
 * what is not asked by a route configuration, and for what is too long to keep.
 */
export function unusableHost(name: string): XdsResource | undefined {
  if (!/^\d{1,5}\//.test(name) || name.length > mostHost) return undefined;
  const domain = `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.invalid`;
  return { type: 'virtualHost', name, message: blockedHost(name, [domain]), origins: [] };
}
