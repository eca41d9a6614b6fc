import type { FastifyRequest } from 'fastify';

const loopbackAddress = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** From this machine, or by a port-forward, for which the API server asks for the right (docs/decisions/0185). */
export function isFromHere({ socket }: FastifyRequest): boolean {
  return loopbackAddress.test(socket.remoteAddress ?? '');
}

/**
 * Asked for by a name that is this machine's. A page of anybody's whose name leads to 127.0.0.1 is on this machine, too, when a
 * browser of this machine shows it (DNS rebinding); the name that it came by stays its own.
 */
export function namesThisMachine({ headers }: FastifyRequest): boolean {
  return loopbackHost.test(headers.host ?? '');
}
