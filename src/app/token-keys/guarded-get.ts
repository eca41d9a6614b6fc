import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { OutriggerError } from '../../errors.ts';
import type { AddressGuard } from './address-guard.ts';

/** The body of an address, as text. Rejects with what is wrong: OR2451, or OR2452 for an address that may not be read. */
export type Get = (url: string, timeoutMs: number) => Promise<string>;

/** Keys of the big issuers are some 5 kB. */
const mostBytes = 1_048_576;
const mostRedirects = 3;

/** HTTP to addresses that the guard lets by: looked at where a connection is made, so that no name leads around it. */
export function guardedGet(isAllowed: AddressGuard): Get {
  const dispatcher = new Agent({ connect: { lookup: guardedLookup(isAllowed) }, pipelining: 0, keepAliveTimeout: 1 });
  return async (start, timeoutMs) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let url = new URL(start);
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      checkUrl(url, isAllowed);
      const answer = await request(url, { dispatcher, signal, headers: { accept: 'application/json' } }).catch(
        (error) => rethrow(error, url, timeoutMs),
      );
      const target = answer.headers.location;
      if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof target === 'string') {
        await answer.body.dump();
        url = new URL(target, url);
        continue;
      }
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new OutriggerError('OR2451', `${url.href} answers ${answer.statusCode}`);
      }
      return await bodyOf(answer.body, url).catch((error) => rethrow(error, url, timeoutMs));
    }
    throw new OutriggerError('OR2451', `${start} redirects more than ${mostRedirects} times`);
  };
}

async function bodyOf(body: AsyncIterable<Buffer>, url: URL): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > mostBytes) throw new OutriggerError('OR2451', `${url.href} answers with more than ${mostBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** An address in the URL itself is never looked up. */
function checkUrl(url: URL, isAllowed: AddressGuard): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new OutriggerError('OR2451', `${url.protocol} is neither https: nor http:`);
  if (isIP(host) !== 0 && !isAllowed(host)) throw forbidden(host);
}

function guardedLookup(isAllowed: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const allowed = found.filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (first === undefined) return callback(forbidden(`${hostname} (${found[0]?.address ?? 'no address'})`), []);
      return options.all === true ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

const forbidden = (host: string) => new OutriggerError('OR2452', host);

function rethrow(error: unknown, url: URL, timeoutMs: number): never {
  if (error instanceof OutriggerError) throw error;
  const reason = error instanceof Error ? error.message : String(error);
  const late = error instanceof Error && error.name === 'TimeoutError';
  throw new OutriggerError('OR2451', `${url.href}: ${late ? `no answer within ${timeoutMs} ms` : reason}`, {
    cause: error,
  });
}
