import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { expiryOf } from './jwt.ts';
import { parseServiceAccount, type TokenPeer } from './token-peer.ts';

/** What a token is for. */
export interface TokenSubject {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Undefined for a machine: bound to the service account alone. */
  readonly pod: { readonly name: string; readonly uid: string } | undefined;
}

export interface ClaimRules {
  readonly issuer: string;
  readonly audience: string;
}

/** The claims that the API server gives a token bound to a pod. `now` in milliseconds. */
export function buildClaims(
  subject: TokenSubject,
  rules: ClaimRules,
  times: { now: number; lifetimeMs: number; id: string },
): JsonObject {
  const { namespace, serviceAccount, pod } = subject;
  const iat = Math.floor(times.now / 1000);
  return {
    aud: [rules.audience],
    exp: iat + Math.ceil(times.lifetimeMs / 1000),
    iat,
    iss: rules.issuer,
    jti: times.id,
    'kubernetes.io': {
      namespace,
      ...(pod === undefined ? {} : { pod: { name: pod.name, uid: pod.uid } }),
      serviceaccount: { name: serviceAccount, uid: '' },
    },
    nbf: iat,
    sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
  };
}

/** Of a token whose signature is proven. Throws OR2211 to OR2214. */
export function checkClaims(claims: JsonObject, rules: ClaimRules, now: number): TokenPeer {
  if (claims['iss'] !== rules.issuer) throw new OutriggerError('OR2211', 'its issuer is not ours');
  const audiences = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
  if (!audiences.includes(rules.audience)) {
    throw new OutriggerError('OR2213', `it has to be for ${rules.audience}`);
  }
  const expiresAt = expiryOf(claims);
  if (now >= expiresAt) throw new OutriggerError('OR2212', `it ended ${new Date(expiresAt).toISOString()}`);
  const begin = claims['nbf'];
  if (typeof begin !== 'number' || now < begin * 1000) throw new OutriggerError('OR2212', 'it has not begun yet');
  const account = parseServiceAccount(typeof claims['sub'] === 'string' ? claims['sub'] : '');
  return { ...account, pod: boundPod(claims['kubernetes.io'], account), expiresAt };
}

/** The claims below `kubernetes.io` have to agree with the subject. */
function boundPod(bound: unknown, account: { namespace: string; serviceAccount: string }): TokenPeer['pod'] {
  if (!isObject(bound)) throw new OutriggerError('OR2211', 'it is bound to nothing');
  const owner = bound['serviceaccount'];
  const agrees =
    bound['namespace'] === account.namespace && isObject(owner) && owner['name'] === account.serviceAccount;
  if (!agrees) throw new OutriggerError('OR2211', 'its subject and what it is bound to differ');
  const pod = bound['pod'];
  if (!isObject(pod)) return undefined;
  const { name, uid } = pod;
  if (typeof name === 'string' && typeof uid === 'string' && name !== '' && uid !== '') return { name, uid };
  throw new OutriggerError('OR2211', 'the pod that it is bound to has no name and UID');
}
