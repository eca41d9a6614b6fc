import type { Origin } from '../../model/origin.ts';

/** Whose tokens requests to a workload may have. Without a rule nobody looks at tokens. */
export interface RequestAuthenticationIR {
  /** In order of the issuers. */
  readonly rules: readonly TokenRuleIR[];
  /** Routes are chosen by claims, so once more after the token was read. */
  readonly chooseAgain: boolean;
}

export interface TokenRuleIR {
  readonly issuer: string;
  /** Of which a token must have one; empty is any. */
  readonly audiences: readonly string[];
  /** JSON Web Key Set. */
  readonly keys: string;
  /** Where tokens are looked for; with all three empty, where Envoy does: `Authorization: Bearer` and `access_token`. */
  readonly headers: readonly { readonly name: string; readonly prefix: string }[];
  readonly params: readonly string[];
  readonly cookies: readonly string[];
  /** The app sees the token. */
  readonly forward: boolean;
  /** Gets the payload in base64url; '' is none. */
  readonly payloadHeader: string;
  readonly claimHeaders: readonly { readonly header: string; readonly claim: string }[];
  /** Claims whose text is a list of words. */
  readonly spaceDelimited: readonly string[];
  readonly origin: Origin;
}
