import type { ReplicaState } from '../../../src/dashboard/api-types.ts';
import { Name } from './name.tsx';

/** What they serve is missing: better a word too many than lines that nobody misses. */
export function SilentReplicas({ silent }: Pick<ReplicaState, 'silent'>) {
  if (silent.length === 0) return null;
  return (
    <p class="warn">
      {silent.length === 1 ? 'A replica' : `${silent.length} replicas`} of the control plane cannot be asked, and the
      proxies of {silent.length === 1 ? 'it' : 'these'} are missing below. It is tried again.{' '}
      {silent.map(({ replica, reason }) => (
        <span class="muted" key={replica}>
          <Name text={`${replica}: ${reason}`} />{' '}
        </span>
      ))}
    </p>
  );
}
