import type { Call } from '../simulator/call.ts';

/** What a client saw of its call. */
export type Observation = Served | Answered | { readonly kind: 'closed' | 'silent'; readonly why: string };

/** By a server of ours, which says what it got. */
export interface Served {
  readonly kind: 'served';
  readonly status: number;
  readonly by: Witness;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly location?: string | undefined;
  readonly body: string;
}

/** What a server got. */
export interface Witness {
  /** `10.0.0.1:80`: where the connection came in. */
  readonly at: string;
  /** Of the TLS around the bytes, the outermost first. */
  readonly tls: readonly SeenTls[];
  readonly request?: SeenRequest;
}

export interface SeenTls {
  readonly sni: string;
  readonly alpn: readonly string[];
  /** The client showed a certificate. */
  readonly certificate: boolean;
}

export interface SeenRequest {
  readonly version: 'http/1.1' | 'http/2';
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A call to make, from an address of the caller's. */
export interface Errand {
  readonly id: number;
  readonly call: Call;
  /** Undefined: any. */
  readonly from: string | undefined;
}

export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A player's instructions, as a file. */
export interface Part {
  readonly listen: readonly number[];
  /** Of servers. */
  readonly own: Pair;
  /** Of clients, by their URI. */
  readonly identities: Readonly<Record<string, Pair>>;
}
