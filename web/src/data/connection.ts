import { signal } from '@preact/signals';

/** Whether the server answers at all. What it answers, errors among it, is a matter of each request. */
export type Connection =
  | { readonly state: 'up' }
  | { readonly state: 'down'; readonly since: number; readonly retryAt: number; readonly attempt: number };

export const connection = signal<Connection>({ state: 'up' });

/** Goes up by one whenever the server is back: what shows its data asks again. */
export const epoch = signal(0);

let probe: () => Promise<void> = async () => {};
let timer: ReturnType<typeof setTimeout> | undefined;

/** The request by which it is found out that the server is back. */
export function probeWith(ask: () => Promise<void>): void {
  probe = ask;
}

export function reportDown(): void {
  const before = connection.value;
  if (before.state === 'down' && before.retryAt > Date.now()) return;
  const attempt = before.state === 'down' ? before.attempt + 1 : 0;
  const wait = retryDelay(attempt);
  connection.value = {
    state: 'down',
    since: before.state === 'down' ? before.since : Date.now(),
    retryAt: Date.now() + wait,
    attempt,
  };
  clearTimeout(timer);
  timer = setTimeout(() => void probe(), wait);
}

export function reportUp(): void {
  if (connection.value.state === 'up') return;
  clearTimeout(timer);
  connection.value = { state: 'up' };
  epoch.value++;
}

export function retryNow(): void {
  clearTimeout(timer);
  const before = connection.value;
  if (before.state === 'down') connection.value = { ...before, retryAt: Date.now() };
  void probe();
}

/** 1, 2, 4, 8, then 15 seconds: whoever looks at the page knows that it is tried again soon. */
export function retryDelay(attempt: number): number {
  return Math.min(15_000, 1000 * 2 ** attempt);
}
