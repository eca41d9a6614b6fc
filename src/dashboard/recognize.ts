import { createHash } from 'node:crypto';
import type { BlockList } from 'node:net';
import { isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { OutriggerError } from '../errors.ts';
import { Lru } from '../model/lru.ts';
import type { AskedRight } from '../source/kubernetes/user-access.ts';
import { isFromHere, namesThisMachine } from './loopback.ts';
import type { Recognize, Visitor } from './visitor.ts';

/** Proves tokens of users; undefined where no API server could. */
export interface UserTokens {
  /** `status` of a TokenReview. Rejects when nobody answers. */
  review(token: string, signal: AbortSignal): Promise<{ readonly authenticated: boolean; readonly user: string }>;
  allowed(token: string, right: AskedRight, signal?: AbortSignal): Promise<boolean>;
}

export interface RecognizeOptions {
  readonly tokens: UserTokens | undefined;
  /** Header in which a proxy in front says who it is, in lower case; '' for none. */
  readonly userHeader: string;
  /** Of those proxies. */
  readonly userHeaderFrom: BlockList;
  readonly now: () => number;
}

/** Whoever may see every pod may see who calls whom. */
const toRead: AskedRight = { verb: 'list', group: '', resource: 'pods', namespace: '' };
/** What was said of a token counts for so long, yes and no alike. */
const freshMs = 10_000;
const timeoutMs = 5000;
const longestToken = 16 * 1024;
/** Each is two questions to the API server, whoever asks. */
const mostAtOnce = 16;

/**
 * A token that is shown has to be good, wherever it comes from. Without one: a proxy in front that is trusted to say who it is, or
 * this machine itself. Throws OR4032, OR4033, OR4034; OR2215 when the API server does not answer.
 */
export function recognizer(options: RecognizeOptions): Recognize {
  let underWay = 0;
  let renewals: Promise<unknown> = Promise.resolve();
  const remembered = new Lru<{ readonly at: number; readonly visitor: Promise<Visitor> }>(1000);
  return async (request) => {
    const token = bearer(request);
    if (token === undefined) {
      const name = namedByProxy(request, options);
      if (name === undefined) checkIsHere(request);
      return { name: name ?? 'this machine', token, isHere: name === undefined, renew: async () => undefined };
    }
    const hash = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(hash);
    if (known !== undefined && options.now() < known.at + freshMs) return known.visitor;
    if (underWay >= mostAtOnce) throw new OutriggerError('OR4035', `${underWay} tokens are being proved`);
    underWay += 1;
    const proven = prove(token, options.tokens).finally(() => {
      underWay -= 1;
    });
    // One after the other: streams of many users are renewed at the same time.
    const renew = () => {
      const renewal = renewals.then(async () => void (await prove(token, options.tokens)));
      renewals = renewal.catch(() => undefined);
      return renewal;
    };
    const visitor = proven.then((name) => ({ name, token, isHere: false, renew }));
    remembered.set(hash, { at: options.now(), visitor });
    return visitor;
  };
}

/** Undefined: no proxy that is trusted stands in front. */
function namedByProxy(request: FastifyRequest, { userHeader, userHeaderFrom }: RecognizeOptions): string | undefined {
  const named = userHeader === '' ? undefined : request.headers[userHeader];
  return typeof named === 'string' && named !== '' && comesFrom(request, userHeaderFrom) ? named : undefined;
}

function checkIsHere(request: FastifyRequest): void {
  if (!isFromHere(request)) throw new OutriggerError('OR4032', 'the request shows no token');
  if (!namesThisMachine(request))
    throw new OutriggerError('OR4034', `it came for ${JSON.stringify(request.headers.host ?? '')}`);
}

function bearer({ headers: { authorization } }: FastifyRequest): string | undefined {
  if (authorization === undefined) return undefined;
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > longestToken) throw new OutriggerError('OR4032', 'it is no Bearer token');
  return token;
}

async function prove(token: string, tokens: UserTokens | undefined): Promise<string> {
  if (tokens === undefined) throw new OutriggerError('OR4032', 'no API server is here that could prove a token');
  const signal = AbortSignal.timeout(timeoutMs);
  const reviewed = await tokens.review(token, signal).catch((cause: unknown) => {
    throw new OutriggerError('OR2215', cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (!reviewed.authenticated) throw new OutriggerError('OR4032', 'the API server does not know the token');
  if (!(await tokens.allowed(token, toRead, signal)))
    throw new OutriggerError('OR4033', `${reviewed.user} may not list pods of all namespaces`);
  return reviewed.user;
}

function comesFrom({ socket }: FastifyRequest, list: BlockList): boolean {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return address !== '' && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
