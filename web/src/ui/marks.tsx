import type { HealthState } from '../../../src/dashboard/api-types.ts';

/** Shapes of 14 by 14, each state another: colour never says anything alone. */
const healthShapes: Record<HealthState, string> = {
  healthy: 'M7 1a6 6 0 1 0 0 12A6 6 0 0 0 7 1zM6.2 9.9 3.4 7.1l1-1 1.8 1.8 3.5-3.6 1 1z',
  degraded: 'M7 1 13.5 13H.5zM6.2 5v4h1.6V5zM6.2 10v1.6h1.6V10z',
  failing: 'M4.5 1h5L13 4.5v5L9.5 13h-5L1 9.5v-5zM5 4 4 5l2 2-2 2 1 1 2-2 2 2 1-1-2-2 2-2-1-1-2 2z',
  idle: 'M7 1a6 6 0 1 0 0 12A6 6 0 0 0 7 1zM4 6.2h6v1.6H4z',
  unknown:
    'M7 1a6 6 0 1 0 0 12A6 6 0 0 0 7 1zM6.2 10h1.6v1.5H6.2zM4.6 5.4C4.7 3.9 5.7 3 7.1 3c1.4 0 2.4.8 2.4 2.1 0 1.7-1.7 1.8-1.7 3.4H6.3c0-2.3 1.6-2.3 1.6-3.3 0-.5-.3-.8-.8-.8s-.9.3-1 1z',
};

export function HealthGlyph({ state, size = 14 }: { readonly state: HealthState; readonly size?: number }) {
  return (
    <svg class={`glyph health-${state}`} width={size} height={size} viewBox="0 0 14 14" aria-hidden="true">
      <path d={healthShapes[state]} fill-rule="evenodd" />
    </svg>
  );
}

export function HealthMark({ state, reason }: { readonly state: HealthState; readonly reason?: string }) {
  return (
    <span class="mark">
      <HealthGlyph state={state} />
      <span class={`health-${state}`}>{state}</span>
      {reason === undefined || reason === '' ? null : <bdi class="muted reason">{reason}</bdi>}
    </span>
  );
}

export type LockState = 'closed' | 'partly' | 'open' | 'unknown';

/** What the destination has counted decides, never a policy. */
export function lockOf(share: number | null): LockState {
  if (share === null) return 'unknown';
  if (share >= 1) return 'closed';
  return share <= 0 ? 'open' : 'partly';
}

const lockShapes: Record<LockState, string> = {
  closed: 'M3 6V4.5a4 4 0 0 1 8 0V6h1v7H2V6zm1.7 0h4.6V4.5a2.3 2.3 0 0 0-4.6 0z',
  partly: 'M3 6V4.5a4 4 0 0 1 8 0V6h1v7H2V6zm1.7 0h4.6V4.5a2.3 2.3 0 0 0-4.6 0zM7 7.4v4.2h3.6V7.4z',
  open: 'M2 6h7.4V3.9a1.7 1.7 0 0 0-3.4 0H4.3a3.4 3.4 0 0 1 6.8 0V6h.9v7H2zM3.6 7.5v4h6.8v-4z',
  unknown: 'M2.5 6.2h9v1.6h-9z',
};

export function LockGlyph({ state, size = 14 }: { readonly state: LockState; readonly size?: number }) {
  return (
    <svg class={`glyph lock-${state}`} width={size} height={size} viewBox="0 0 14 14" aria-hidden="true">
      <path d={lockShapes[state]} fill-rule="evenodd" />
    </svg>
  );
}

export function lockPath(state: LockState): string {
  return lockShapes[state];
}

export function healthPath(state: HealthState): string {
  return healthShapes[state];
}
