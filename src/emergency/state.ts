import { isObject, type JsonObject } from '../model/json.ts';
import { parseDuration } from '../schema/common/duration.ts';

/** An Emergency as `emergency status` shows it. */
export interface EmergencyState {
  readonly namespace: string;
  readonly name: string;
  readonly level: string;
  /** Labels of the pods; '' for all of the namespace. */
  readonly pods: string;
  readonly by: string;
  readonly reason: string;
  readonly until: Date;
  readonly inForce: boolean;
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
  const until = new Date(Math.min(created, now.getTime()) + ttl);
  return {
    namespace: String(metadata['namespace'] ?? ''),
    name: String(metadata['name'] ?? ''),
    level: String(spec['level']),
    pods: pods.join(','),
    by: String(spec['by'] ?? ''),
    reason: String(spec['reason'] ?? ''),
    until,
    inForce: until > now,
  };
}

/** `emergency shop/cart-authz: authz of app=cart until …, by alice: INC-7`. Pure. */
export function emergencyLine({ namespace, name, level, pods, until, by, reason }: EmergencyState, now: Date): string {
  const seconds = Math.round((until.getTime() - now.getTime()) / 1000);
  const who = by === '' ? '' : `, by ${by}`;
  const where = pods === '' ? 'all of it' : pods;
  return `emergency ${namespace}/${name}: ${level} of ${where}, ${seconds} s left${who}${reason === '' ? '' : `: ${reason}`}`;
}
