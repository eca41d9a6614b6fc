import { useEffect, useState } from 'preact/hooks';
import type { ApiError, ReplicaState, TapLine, TapState } from '../../../src/dashboard/api-types.ts';
import { Failure, open } from './api.ts';
import { EventReader, type StreamedEvent } from './event-stream.ts';
import { unreadable } from './use-resource.ts';

export interface LiveRequests {
  readonly state: TapState | undefined;
  /** Replicas of the control plane that were asked, too. */
  readonly replicas: ReplicaState;
  /** The newest first, with a number of their own. */
  readonly lines: readonly (TapLine & { readonly key: string })[];
  readonly leftOut: number;
  readonly failure: Failure | undefined;
  readonly over: boolean;
}

/** More than that nobody reads. */
const mostLines = 50;
const linesPerSecond = 20;
const seconds = 120;

const nothing: LiveRequests = {
  ...{ state: undefined, replicas: { asked: 0, silent: [] } },
  ...{ lines: [], leftOut: 0, failure: undefined, over: false },
};

/** Requests of a workload, and connections where they are wanted, while it is `on`: the proxies tell only as long as somebody looks. */
export function useTap(namespace: string, name: string, on: 'off' | 'requests' | 'connections'): LiveRequests {
  const [live, setLive] = useState(nothing);
  useEffect(() => {
    if (on === 'off') return undefined;
    setLive(nothing);
    const stop = new AbortController();
    const id = [...crypto.getRandomValues(new Uint8Array(16))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    const query = new URLSearchParams({ namespace, name, id, rate: `${linesPerSecond}`, seconds: `${seconds}` });
    query.set('replicas', 'all');
    if (on === 'connections') query.set('connections', 'yes');
    follow(`tap?${query}`, stop.signal, (events) => setLive((before) => events.reduce(taken, before)))
      .then(() => setLive((before) => ({ ...before, over: true })))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        setLive((before) => ({ ...before, failure: error instanceof Failure ? error : unreadable(error), over: true }));
      });
    return () => stop.abort();
  }, [namespace, name, on]);
  return live;
}

let count = 0;

function taken(live: LiveRequests, { event, data }: StreamedEvent): LiveRequests {
  if (event === 'tap') return { ...live, state: JSON.parse(data) as TapState };
  if (event === 'replicas') return { ...live, replicas: JSON.parse(data) as ReplicaState };
  if (event === 'leftOut') return { ...live, leftOut: Number(data) };
  if (event === 'error') return { ...live, failure: new Failure('failed', JSON.parse(data) as ApiError) };
  if (event !== 'line') return live;
  count += 1;
  const line = { ...(JSON.parse(data) as TapLine), key: `${count}` };
  return { ...live, lines: [line, ...live.lines].slice(0, mostLines) };
}

async function follow(path: string, signal: AbortSignal, take: (events: StreamedEvent[]) => void): Promise<void> {
  const response = await open(path, { signal, accept: 'text/event-stream' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    take(events.read(value));
  }
}
