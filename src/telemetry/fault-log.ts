import type { FaultListener } from '../model/fault.ts';
import type { Logger } from './logger.ts';

/** What comes again with every change is one line a minute. Milliseconds. */
const everyMs = 60_000;
/** Beyond it, what was said is forgotten. */
const mostSaid = 1_000;

/** Logs each fault, the same one once a minute, and has all of them counted. */
export function faultLog(
  logger: Pick<Logger, 'error'>,
  metrics: { fault(code: string): void },
  now: () => number,
): FaultListener {
  const said = new Map<string, number>();
  return ({ code, message, remedy, cause }) => {
    metrics.fault(code);
    const last = said.get(message);
    if (last !== undefined && now() - last < everyMs) return;
    if (said.size >= mostSaid) said.clear();
    said.set(message, now());
    logger.error({ code, remedy, err: cause }, message);
  };
}
