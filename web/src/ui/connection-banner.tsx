import { now } from '../data/clock.ts';
import { connection, retryNow } from '../data/connection.ts';
import { formatAge } from '../format/numbers.ts';

/** Says that what is shown is old, since when, and when it is tried again. */
export function ConnectionBanner() {
  const state = connection.value;
  if (state.state === 'up') return null;
  const wait = Math.max(0, state.retryAt - now.value);
  return (
    <div class="strip bad connection" role="alert">
      <strong>Disconnected.</strong>{' '}
      <span aria-live="off">
        The control plane has not answered for {formatAge(now.value - state.since)};{' '}
        {wait === 0 ? 'trying now.' : `next try in ${formatAge(wait)}.`}
      </span>{' '}
      What is shown is from before. Traffic does not depend on it.
      <button type="button" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
