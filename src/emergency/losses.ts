import type { Held, Protection } from './protection.ts';
import type { EmergencyLevel } from './scope.ts';

const always: Readonly<Record<EmergencyLevel, readonly string[]>> = {
  authz: [
    'AuthorizationPolicies refuse nothing there: what they would refuse is only logged and counted.',
    'Tokens that are wrong are still refused.',
  ],
  plaintext: [
    'Mutual TLS is not required there: whoever reaches a pod may speak to it in plaintext, without an identity.',
    'Policies that name principals or namespaces refuse such a caller still, unless `authz` is given, too.',
  ],
  bypass: [
    'Bytes pass the proxies untouched, in both directions: no routes, retries, timeouts, faults, limits, policies, metrics and traces.',
    'What these pods send is plaintext, and nothing that they call is refused; destinations that require mutual TLS refuse them.',
    'HTTP connections move over by themselves. Long TCP connections stay as they are and are cut after ten minutes: those opened before it from its begin on, those opened during it from its end on.',
  ],
  inject: [
    'Pods that are made there get no proxy: they are outside of the mesh until they are made anew.',
    'Pods that run keep their proxies. Gateways are injected all the same.',
  ],
};

/** What a person has to know before it is done, a sentence each. Pure. */
export function lossesOf(level: EmergencyLevel, protection: Protection): string[] {
  const { unread, pods } = protection;
  if (level === 'inject') return [...always.inject];
  if (unread.includes('pods'))
    return [...always[level], 'Which policies hold for these pods is not known, as you may not list pods.'];
  if (pods === 0) return [...always[level], 'No pod with a proxy is there now: nothing is lost before there is one.'];
  return [
    ...always[level],
    ...(level === 'plaintext' ? [] : refusals(protection)),
    ...(level === 'authz' ? [] : [named('plaintext is refused by', 'peerauthentications', protection)]),
  ];
}

function refusals(protection: Protection): string[] {
  const { refusing } = protection;
  const asks = refusing.some(({ action }) => action === 'CUSTOM');
  return [
    named('requests are refused by', 'authorizationpolicies', protection),
    ...(asks ? ['The services that policies of CUSTOM ask are not asked.'] : []),
  ];
}

const shown = 10;

/** `Now plaintext is refused by (5 pods): shop/default, shop/cart (2 pods).` */
function named(
  what: string,
  plural: 'authorizationpolicies' | 'peerauthentications',
  { pods, refusing, strict, unread }: Protection,
): string {
  const start = `Now ${what}`;
  if (unread.includes(plural)) return `${start}: not known, as you may not list ${plural}.`;
  const held = plural === 'peerauthentications' ? strict : refusing;
  if (held.length === 0) return `${start}: nothing. There is nothing of it to lose.`;
  const more = held.length > shown ? ` and ${held.length - shown} more` : '';
  return `${start}: ${held
    .slice(0, shown)
    .map((one) => nameOf(one, pods))
    .join(', ')}${more}.`;
}

function nameOf(held: Held & { readonly action?: string }, pods: number): string {
  const about = [
    ...(held.action === undefined ? [] : [held.action]),
    ...(held.pods < pods ? [`${held.pods} of ${pods} pods`] : []),
  ];
  return about.length === 0 ? held.policy : `${held.policy} (${about.join(', ')})`;
}
