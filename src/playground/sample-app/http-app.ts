import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { bookinfo, type Reply } from './bookinfo.ts';
import { call } from './call.ts';
import { propagatedHeaders } from './propagate.ts';
import type { Settings } from './settings.ts';

/**
 * Every role answers these, too:
 *
 * | path | answer |
 * |---|---|
 * | /status/503 | that status |
 * | /delay/500 | after so many milliseconds |
 * | /bytes/1000 | so many bytes |
 * | /headers | the headers that arrived |
 * | /count, /count/reset | how many requests were served so far, this kind left out |
 * | /call?url=… | what a call of that URL gives, the headers of the request handed on |
 * | /health | 200, or 503 after /health/fail until /health/mend |
 */
export function createApp(settings: Settings): RequestListener {
  const state = { count: 0, healthy: true };
  return (request, response) => {
    answer(settings, state, request)
      .then(async (reply) => {
        await delay(settings.latencyMs);
        const faulty = Math.random() * 100 < settings.errorPercent;
        write(settings, response, faulty ? { status: settings.errorStatus, body: { error: 'as configured' } } : reply);
      })
      .catch((error: unknown) => write(settings, response, { status: 500, body: { error: String(error) } }));
  };
}

interface State {
  count: number;
  healthy: boolean;
}

async function answer(settings: Settings, state: State, request: IncomingMessage): Promise<Reply> {
  const url = new URL(request.url ?? '/', 'http://app');
  const size = await drain(request);
  const own = ownPages(state, url);
  if (own !== undefined) return own;
  state.count += 1;
  const headers = propagatedHeaders(request.headers);
  const common = await commonPages(request, url, headers);
  if (common !== undefined) return common;
  const ask = (peer: string, path: string) => call(`http://${settings.peers[peer]}${path}`, headers);
  const page = await bookinfo(settings, url.pathname, ask);
  return page ?? { status: 200, body: { method: request.method, path: request.url, host: request.headers.host, size } };
}

function ownPages(state: State, { pathname }: URL): Reply | undefined {
  if (pathname === '/count') return { status: 200, body: { count: state.count } };
  if (pathname === '/count/reset') {
    state.count = 0;
    return { status: 200, body: { count: 0 } };
  }
  if (!pathname.startsWith('/health')) return undefined;
  if (pathname === '/health/fail' || pathname === '/health/mend') {
    state.healthy = pathname === '/health/mend';
    return { status: 200, body: { healthy: state.healthy } };
  }
  return { status: state.healthy ? 200 : 503, body: { healthy: state.healthy } };
}

async function commonPages(
  request: IncomingMessage,
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<Reply | undefined> {
  const [, page = '', value = ''] = url.pathname.split('/');
  const number = Number(value);
  if (page === 'headers') return { status: 200, body: { path: request.url, headers: request.headers } };
  if (page === 'call') {
    const { status, headers: answered, body, error } = await call(url.searchParams.get('url') ?? '', headers);
    return { status: 200, body: { call: { status, headers: answered, body, error } } };
  }
  if (!Number.isInteger(number) || value === '') return undefined;
  if (page === 'status') return { status: number >= 200 && number < 600 ? number : 400, body: {} };
  if (page === 'bytes') return { status: 200, body: { data: 'x'.repeat(Math.min(number, 10_000_000)) } };
  if (page !== 'delay') return undefined;
  await delay(number);
  return { status: 200, body: { delayed: number } };
}

function write({ role, version, pod }: Settings, response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-app-pod': pod, 'x-app-version': version });
  response.end(
    status === 204 || status === 304 ? undefined : `${JSON.stringify({ app: role, version, pod, ...body })}\n`,
  );
}

async function drain(request: IncomingMessage): Promise<number> {
  let size = 0;
  for await (const chunk of request) size += (chunk as Buffer).length;
  return size;
}

function delay(milliseconds: number): Promise<void> {
  return milliseconds > 0 ? new Promise((done) => setTimeout(done, milliseconds)) : Promise.resolve();
}
