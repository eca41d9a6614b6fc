import { signal } from '@preact/signals';
import type { ApiError } from '../../../src/dashboard/api-types.ts';
import { reportDown, reportUp } from './connection.ts';

/** A request that did not give what was asked for. */
export class Failure extends Error {
  readonly kind: 'unreachable' | 'unauthenticated' | 'forbidden' | 'missing' | 'failed';
  readonly answer: ApiError;

  constructor(kind: Failure['kind'], answer: ApiError) {
    super(answer.message);
    this.kind = kind;
    this.answer = answer;
  }
}

const tokenKey = 'outrigger-token';

/** The user's Kubernetes token: kept for this tab alone, sent to this server alone. */
export const token = signal(sessionStorage.getItem(tokenKey) ?? '');

/** Why the server wants a token, once it has said so. */
export const signInWanted = signal<ApiError | undefined>(undefined);

/** Another one for each who comes: pages of the one before are gone with it. */
export const visit = signal(0);

let visitor = '';

/** Who the server says one is. */
export function enter(name: string): void {
  if (visitor !== '' && visitor !== name) visit.value++;
  visitor = name;
}

/** Whoever leaves leaves nothing on the screen, nor behind it. */
export function signOut(): void {
  visit.value++;
  signIn('');
}

export function signIn(given: string): void {
  sessionStorage.setItem(tokenKey, given);
  token.value = given;
  signInWanted.value = undefined;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** The version that is changed. */
  readonly ifMatch?: string;
  readonly signal?: AbortSignal;
}

/** @throws Failure; an AbortError when the request was given up */
export async function open(path: string, request: ApiRequest = {}): Promise<Response> {
  const response = await fetch(`./api/${path}`, {
    method: request.method ?? 'GET',
    cache: 'no-store',
    headers: {
      accept: request.accept ?? 'application/json',
      ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      ...(request.ifMatch === undefined ? {} : { 'if-match': `"${request.ifMatch}"` }),
      ...(token.value === '' ? {} : { authorization: `Bearer ${token.value}` }),
    },
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  }).catch((error: unknown) => {
    if (request.signal?.aborted) throw error;
    reportDown();
    throw new Failure('unreachable', unreachable);
  });
  if (response.status === 502 || response.status === 504) {
    reportDown();
    throw new Failure('unreachable', unreachable);
  }
  reportUp();
  if (response.ok) return response;
  throw await failureOf(response);
}

/** The JSON of an answer. The server is this page's own, and its types are shared: it is not checked once more. */
export async function ask<T>(path: string, request: ApiRequest = {}): Promise<T> {
  return (await (await open(path, request)).json()) as T;
}

/** Segments of a path, each a name from anywhere. */
export function pathOf(...segments: readonly string[]): string {
  return segments.map(encodeURIComponent).join('/');
}

async function failureOf(response: Response): Promise<Failure> {
  const answer = readError(await response.text().catch(() => '')) ?? {
    code: `HTTP ${response.status}`,
    message: response.statusText || 'the server gave no reason',
    remedy: 'Look at the log of the control plane.',
  };
  if (response.status === 401) signInWanted.value = answer;
  const kinds: Record<number, Failure['kind']> = { 401: 'unauthenticated', 403: 'forbidden', 404: 'missing' };
  return new Failure(kinds[response.status] ?? 'failed', answer);
}

function readError(text: string): ApiError | undefined {
  try {
    const body = JSON.parse(text) as Partial<ApiError> & { readonly error?: Partial<ApiError> };
    const { code, message, remedy } = body.error ?? body;
    if (typeof message !== 'string') return undefined;
    return { code: code ?? '', message, remedy: remedy ?? '' };
  } catch {
    return undefined;
  }
}

const unreachable: ApiError = {
  code: 'no answer',
  message: 'The control plane does not answer.',
  remedy: 'The page keeps trying. Proxies go on with what they have.',
};
