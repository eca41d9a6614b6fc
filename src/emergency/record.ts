import { type EmergencyState, keptMs } from './state.ts';

/** What there is to tell of an Emergency where people look for it. */
export type EmergencyNews = 'begun' | 'over';

export interface EmergencyDues {
  readonly events: readonly {
    readonly state: EmergencyState;
    readonly news: EmergencyNews;
    readonly message: string;
  }[];
  /** Over for so long that nobody looks for them any more. */
  readonly removals: readonly EmergencyState[];
  /** When there is something to do next, milliseconds since 1970; undefined is never. */
  readonly nextAt: number | undefined;
}

/**
 * What has to be written at a time. `told` has the names of Events that were written. What is longer ago than Events live is
 * not told: whoever comes to lead would tell it again. Pure.
 */
export function emergencyDues(
  states: readonly EmergencyState[],
  told: { has(eventName: string): boolean },
  now: Date,
): EmergencyDues {
  const time = now.getTime();
  const isNews = (state: EmergencyState, news: EmergencyNews, at: Date) =>
    time - at.getTime() < keptMs && !told.has(eventName(state.uid, news));
  const begun = states.filter((state) => state.inForce && isNews(state, 'begun', state.since));
  const over = states.filter((state) => !state.inForce && isNews(state, 'over', state.until));
  const changes = states.flatMap(({ until, keptUntil }) => [until.getTime(), keptUntil.getTime()]);
  const coming = changes.filter((at) => at > time);
  return {
    events: [
      ...begun.map((state) => ({ state, news: 'begun' as const, message: begunMessage(state) })),
      ...over.map((state) => ({
        state,
        news: 'over' as const,
        message: `${whatOf(state)} is over: its time has come`,
      })),
    ],
    removals: states.filter(({ keptUntil }) => keptUntil <= now),
    nextAt: coming.length === 0 ? undefined : Math.min(...coming),
  };
}

/** The same for whoever writes it, so that of several only one can. */
export const eventName = (uid: string, news: EmergencyNews): string => `emergency-${uid}.${news}`;

function begunMessage(state: EmergencyState): string {
  const { by, reason, until } = state;
  return `${whatOf(state)} until ${until.toISOString()}, by ${by || 'somebody'}: ${reason}`;
}

/** `authz of app=cart`, `bypass of all pods`. */
export const whatOf = ({ level, pods }: EmergencyState): string => `${level} of ${pods || 'all pods'}`;

/** Told where people look: on the Emergency, in its namespace. Pure. */
export function eventOf(
  { namespace, name, uid }: Pick<EmergencyState, 'namespace' | 'name' | 'uid'>,
  { news, message }: { readonly news: EmergencyNews; readonly message: string },
  now: Date,
): object {
  const time = now.toISOString().replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(uid, news), namespace },
    involvedObject: { apiVersion: 'outrigger.io/v1alpha1', kind: 'Emergency', namespace, name, uid },
    type: news === 'begun' ? 'Warning' : 'Normal',
    reason: news === 'begun' ? 'EmergencyBegun' : 'EmergencyOver',
    ...{ message, firstTimestamp: time, lastTimestamp: time, count: 1 },
    source: { component: 'outrigger' },
  };
}
