import type { FastifyRequest } from 'fastify';
import { OutriggerError } from '../errors.ts';

/**
 * Throws OR4034 for a request with a body that another site's page may have made: browsers say where it is from, and no form
 * can send these types of content.
 */
export function checkSameOrigin({ method, headers }: FastifyRequest): void {
  if (method === 'GET' || method === 'HEAD') return;
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!/^application\/(json|yaml)$/.test(type))
    throw new OutriggerError('OR4034', `its content is ${type || 'of no type'}`);
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new OutriggerError('OR4034', `a page of ${String(headers.origin ?? 'another site')} made it`);
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host)
    throw new OutriggerError('OR4034', `a page of ${origin} made it`);
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}
