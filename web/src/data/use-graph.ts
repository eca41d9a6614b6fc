import { useEffect, useState } from 'preact/hooks';
import type { Graph } from '../../../src/dashboard/api-types.ts';
import { Failure, open, signInWanted, token } from './api.ts';
import { seen } from './clock.ts';
import { epoch, reportDown } from './connection.ts';
import { EventReader } from './event-stream.ts';
import { unreadable } from './use-resource.ts';

export interface LiveGraph {
  readonly graph: Graph | undefined;
  readonly failure: Failure | undefined;
}

/** A stream that says nothing for so long is taken for dead: a connection that a router dropped never ends by itself. */
const silenceMs = 60_000;
const againMs = 3000;

/** The graph of a time range as the server sends it, for as long as it is looked at. */
export function useGraph(rangeSeconds: number): LiveGraph {
  const [live, setLive] = useState<LiveGraph>({ graph: undefined, failure: undefined });
  const [tries, setTries] = useState(0);
  const isSeen = seen.value && signInWanted.value === undefined;
  const again = `${epoch.value} ${token.value} ${tries} ${isSeen}`;
  // `again` says when to open a new stream
  useEffect(() => {
    if (!isSeen) return undefined;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    follow(rangeSeconds, stop.signal, (graph) => setLive({ graph, failure: undefined })).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      const failure = error instanceof Failure ? error : unreadable(error);
      setLive(({ graph }) => ({ graph, failure }));
      timer = setTimeout(() => setTries((count) => count + 1), againMs);
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [rangeSeconds, again]);
  return live;
}

/** @throws Failure when the stream cannot be opened or ends */
async function follow(rangeSeconds: number, signal: AbortSignal, onGraph: (graph: Graph) => void): Promise<void> {
  const response = await open(`graph/stream?range=${rangeSeconds}`, { signal, accept: 'text/event-stream' });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  let quiet: ReturnType<typeof setTimeout> | undefined;
  try {
    while (reader !== undefined) {
      quiet = setTimeout(() => void reader.cancel().catch(() => {}), silenceMs);
      const { done, value } = await reader.read();
      clearTimeout(quiet);
      if (done) break;
      const graphs = events.read(value).filter((one) => one.event === 'graph');
      const last = graphs.at(-1);
      if (last !== undefined) onGraph(JSON.parse(last.data) as Graph);
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
  } finally {
    clearTimeout(quiet);
  }
  if (signal.aborted) return;
  reportDown();
  throw new Failure('unreachable', { code: 'stream ended', message: 'The live graph broke off.', remedy: '' });
}
