import { isObject, type JsonObject } from '../model/json.ts';
import { parseDuration } from '../schema/common/duration.ts';

/** So long after its end an Emergency can still be read; then the control plane removes it. An Event lives as long. Milliseconds. */
export const keptMs = 3_600_000;

/** An Emergency as `emergency status` shows it. */
export interface EmergencyState {
  readonly namespace: string;
  readonly name: string;
  /** '' for one that no API server has made. */
  readonly uid: string;
  readonly level: string;
  /** Labels of the pods; '' for all of the namespace. */
  readonly pods: string;
  readonly by: string;
  readonly reason: string;
  readonly since: Date;
  readonly until: Date;
  readonly inForce: boolean;
  /** When the control plane removes it, if it may. */
  readonly keptUntil: Date;
}

/** Undefined for an object that is none, or is not valid. Pure. */
export function stateOf(object: JsonObject, now: Date): EmergencyState | undefined {
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const created = Date.parse(String(metadata['creationTimestamp']));
  const ttl = typeof spec['ttl'] === 'string' ? parseDuration(spec['ttl']) : undefined;
  if (Number.isNaN(created) || ttl === undefined) return undefined;
  const selector = isObject(spec['selector']) ? spec['selector']['matchLabels'] : undefined;
  const pods = isObject(selector) ? Object.entries(selector).map(([key, value]) => `${key}=${String(value)}`) : [];
  const since = new Date(Math.min(created, now.getTime()));
  const until = new Date(since.getTime() + ttl);
  return {
    namespace: String(metadata['namespace'] ?? ''),
    name: String(metadata['name'] ?? ''),
    uid: String(metadata['uid'] ?? ''),
    level: String(spec['level']),
    pods: pods.join(','),
    by: String(spec['by'] ?? ''),
    reason: String(spec['reason'] ?? ''),
    since,
    until,
    inForce: until > now,
    keptUntil: new Date(until.getTime() + keptMs),
  };
}

/** `emergency shop/cart-authz: authz of app=cart until …, by alice: INC-7`. Pure. */
export function emergencyLine({ namespace, name, level, pods, until, by, reason }: EmergencyState, now: Date): string {
  const seconds = Math.round((until.getTime() - now.getTime()) / 1000);
  const who = by === '' ? '' : `, by ${by}`;
  const where = pods === '' ? 'all of it' : pods;
  return `emergency ${namespace}/${name}: ${level} of ${where}, ${seconds} s left${who}${reason === '' ? '' : `: ${reason}`}`;
}
