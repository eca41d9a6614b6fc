import { useEffect, useState } from 'preact/hooks';
import { ask, Failure, signInWanted, token } from './api.ts';
import { epoch } from './connection.ts';

export interface Resource<T> {
  /** The last good answer, kept while newer requests fail. */
  readonly value: T | undefined;
  readonly failure: Failure | undefined;
  /** When the value came. */
  readonly at: number;
  readonly reload: () => void;
}

interface Held<T> {
  readonly path: string;
  readonly value: T | undefined;
  readonly failure: Failure | undefined;
  readonly at: number;
}

/** An answer of the API, asked for again every so many milliseconds while the page is looked at (0: once). */
export function useResource<T>(path: string, everyMs = 0): Resource<T> {
  const [held, setHeld] = useState<Held<T>>({ path, value: undefined, failure: undefined, at: 0 });
  const [asked, setAsked] = useState(0);
  const again = `${epoch.value} ${token.value} ${asked}`;
  // `again` says when to ask anew
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      // Behind the page that asks to sign in every answer would be the same.
      if (document.hidden || signInWanted.value !== undefined) return schedule();
      try {
        const value = await ask<T>(path, { signal: stop.signal });
        setHeld({ path, value, failure: undefined, at: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        const failure = error instanceof Failure ? error : unreadable(error);
        setHeld((before) => ({ ...(before.path === path ? before : empty(path)), failure }));
      }
      schedule();
    };
    const schedule = () => {
      if (everyMs > 0 && !stop.signal.aborted) timer = setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, again]);
  const shown = held.path === path ? held : empty<T>(path);
  return { ...shown, reload: () => setAsked((count) => count + 1) };
}

function empty<T>(path: string): Held<T> {
  return { path, value: undefined, failure: undefined, at: 0 };
}

export function unreadable(error: unknown): Failure {
  return new Failure('failed', {
    code: 'unreadable',
    message: `The answer cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    remedy: 'Reload the page: it may be older than the control plane.',
  });
}
