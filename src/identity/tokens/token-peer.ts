import { OutriggerError } from '../../errors.ts';

/** Who a token proves: the shape of `ProvenPeer` of the layer wire. */
export interface TokenPeer {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Undefined for tokens bound to no pod. */
  readonly pod: { readonly name: string; readonly uid: string } | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The audience that Istio's injection asks tokens for, and so does ours. */
export const tokenAudience = 'istio-ca';

/** Longer ones are nobody's: those of API servers have some 1,200 characters. */
const longestToken = 16_384;

/** Throws OR2210. Messages never quote a token. */
export function checkTokenForm(token: string): void {
  if (token === '') throw new OutriggerError('OR2210', 'there is none');
  if (token.length > longestToken) throw new OutriggerError('OR2210', `it has ${token.length} characters`);
  if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) throw new OutriggerError('OR2210', 'it is not a JWT');
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const accountForm = new RegExp(`^system:serviceaccount:(?<namespace>${label}):(?<name>${label}(\\.${label})*)$`);

/** `system:serviceaccount:shop:cart` → shop, cart. Throws OR2214. */
export function parseServiceAccount(user: string): { namespace: string; serviceAccount: string } {
  const found = user.length <= 400 ? accountForm.exec(user)?.groups : undefined;
  if (found === undefined) throw new OutriggerError('OR2214', `its user is ${JSON.stringify(user.slice(0, 100))}`);
  return { namespace: found['namespace'] ?? '', serviceAccount: found['name'] ?? '' };
}
