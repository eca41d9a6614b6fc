import { dashboardState } from '../data/dashboard-state.ts';

/** Who has taken what each replica knows of its own proxies alone. Nothing where that is all of them. */
export function ReplicaNote() {
  const replica = dashboardState.value?.replica;
  if (replica === undefined || replica.serves >= replica.proxies) return null;
  const { serves, proxies } = replica;
  return (
    <p class="muted">
      Counted are the {serves} proxies that this replica of the control plane serves. What the other {proxies - serves}{' '}
      have taken, <code>outrigger proxy-status</code> asks of every replica.
    </p>
  );
}
