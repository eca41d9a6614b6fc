import type { emergencyLevels } from '../schema/emergency/emergency.ts';

export type EmergencyLevel = (typeof emergencyLevels)[number];

/** What is in force now and would be lost; names as `<namespace>/<name>`. */
export interface Protection {
  readonly policies: readonly string[];
  readonly strict: readonly string[];
}

const always: Readonly<Record<EmergencyLevel, readonly string[]>> = {
  authz: [
    'AuthorizationPolicies refuse nothing there: what they would refuse is only logged and counted.',
    'Services that are asked about requests (CUSTOM) are not asked. Tokens that are wrong are still refused.',
  ],
  plaintext: [
    'Mutual TLS is not required there: whoever reaches a pod may speak to it in plaintext, without an identity.',
    'Policies that name principals or namespaces refuse such a caller still, unless `authz` is given, too.',
  ],
  bypass: [
    'Bytes pass the proxies untouched, in both directions: no routes, retries, timeouts, faults, limits, policies, metrics and traces.',
    'What these pods send is plaintext, and nothing that they call is refused; destinations that require mutual TLS refuse them.',
    'HTTP connections move over by themselves. Long TCP connections stay where they are, and are cut when the drain of their proxy ends, now and at the end again.',
  ],
  inject: [
    'Pods that are made there get no proxy: they are outside of the mesh until they are made anew.',
    'Pods that run keep their proxies. Gateways are injected all the same.',
  ],
};

/** What a person has to know before it is done, a sentence each. Pure. */
export function lossesOf(level: EmergencyLevel, { policies, strict }: Protection): string[] {
  const lost = [...always[level]];
  if (level === 'authz' || level === 'bypass')
    lost.push(named('AuthorizationPolicies that refuse nothing then', policies));
  if (level === 'plaintext' || level === 'bypass') lost.push(named('PeerAuthentications of STRICT', strict));
  return lost;
}

const shown = 10;

function named(what: string, names: readonly string[]): string {
  if (names.length === 0) return `${what}: none.`;
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${what}: ${names.slice(0, shown).join(', ')}${more}.`;
}
