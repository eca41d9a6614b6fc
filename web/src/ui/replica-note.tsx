import { dashboardState } from '../data/dashboard-state.ts';
import { SilentReplicas } from './silent-replicas.tsx';

/** Whose proxies are not among those that are counted. Nothing where all are. */
export function ReplicaNote() {
  const replica = dashboardState.value?.replica;
  if (replica === undefined) return null;
  const { serves, proxies, others } = replica;
  if (others.asked > 0) return <SilentReplicas silent={others.silent} />;
  if (serves >= proxies) return null;
  return (
    <p class="muted">
      Counted are the {serves} proxies that this replica of the control plane serves. What the other {proxies - serves}{' '}
      have taken, <code>outrigger proxy-status</code> asks of every replica.
    </p>
  );
}
