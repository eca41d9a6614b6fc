import { existsSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { pathToFileURL } from 'node:url';

/** A number of requests to one URL. */
export interface Load {
  readonly url: string;
  /** 1 without it. */
  readonly n?: number;
  /** Requests under way at a time; 1 without it. */
  readonly concurrency?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs?: number;
  /** Requests to begin in a second; as many as go without it. */
  readonly rate?: number;
  /** In place of `n`: until so many milliseconds are over. */
  readonly forMs?: number;
  /** And until this file is there, if that is sooner. */
  readonly untilFile?: string;
}

export interface LoadResult {
  /** By status; 0 is no answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers of 200 by the version of the app. */
  readonly versions: Readonly<Record<string, number>>;
  readonly pods: Readonly<Record<string, number>>;
  /** Why there was no answer. */
  readonly errors: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly firstMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The first answers, and every one that is no 200 up to a number. */
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly status: number;
  readonly ms: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const mostSamples = 20;
const pollMs = 100;

/** Sends them, with keep-alive, and tells what came back. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { n = 1, concurrency = 1, forMs, rate, untilFile } = load;
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const samples: Sample[] = [];
  const counts = { statuses: {}, versions: {}, pods: {}, errors: {} };
  const times: number[] = [];
  const begun = performance.now();
  let started = 0;
  let stopped = false;
  const looking = untilFile === undefined ? undefined : setInterval(() => (stopped ||= existsSync(untilFile)), pollMs);
  const more = (): boolean => !stopped && (forMs === undefined ? started < n : performance.now() - begun < forMs);
  const worker = async (): Promise<void> => {
    while (more()) {
      const turn = started++;
      if (rate !== undefined) await waitUntil(begun + (turn * 1000) / rate);
      const sample = await send(load, agent);
      times.push(sample.ms);
      note(counts, sample);
      if (samples.length < mostSamples && (samples.length < 3 || sample.status !== 200)) samples.push(sample);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  clearInterval(looking);
  agent.destroy();
  const firstMs = times[0] ?? 0;
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { ...counts, firstMs, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), samples };
}

type Counts = Record<'statuses' | 'versions' | 'pods' | 'errors', Record<string, number>>;

function note(counts: Counts, { status, headers, body }: Sample): void {
  const add = (kind: keyof Counts, key: string): void => {
    counts[kind][key] = (counts[kind][key] ?? 0) + 1;
  };
  add('statuses', String(status));
  if (status === 0) add('errors', body);
  if (status !== 200) return;
  add('versions', String(headers['x-app-version'] ?? '-'));
  add('pods', String(headers['x-app-pod'] ?? '-'));
}

function send({ url, method = 'GET', headers, body, timeoutMs = 15_000 }: Load, agent: Agent): Promise<Sample> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, answered: IncomingHttpHeaders, text: string): void =>
      resolve({ status, ms: performance.now() - begun, headers: answered, body: text });
    const asked = request(url, { agent, method, headers, timeout: timeoutMs }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        if (text.length < 4096) text += String(chunk);
      });
      response.on('error', (error) => end(0, {}, error.message));
      response.on('end', () => end(response.statusCode ?? 0, response.headers, text));
    });
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.on('error', (error) => end(0, {}, error.message));
    asked.end(body);
  });
}

function waitUntil(time: number): Promise<void> {
  const ms = time - performance.now();
  return ms <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, ms));
}

/** `node load.js '{"url": "http://reviews:9080/", "n": 100}'` */
const script = process.argv[1];
if (script !== undefined && import.meta.url === pathToFileURL(script).href) {
  console.info(JSON.stringify(await runLoad(JSON.parse(process.argv[2] ?? '{}'))));
}
