/** Requests and connections of a workload that somebody looks at while they happen. */

/** Whose requests: of a workload or of one pod of it. */
export interface TapTarget {
  readonly namespace: string;
  /** Of the workload, `reviews-v1`, or of a pod. */
  readonly name: string;
}

/** What a proxy can tell without being told about others: only this leaves it. */
export interface TapMatch {
  /** '' is any. */
  readonly method: string;
  /** Beginning of the path, as it came or as it went on; '' is any. */
  readonly path: string;
  /** '' is any. */
  readonly authority: string;
  /** Status codes, both ends included; undefined is any. */
  readonly status?: { readonly from: number; readonly to: number };
}

/** Of the target: what it calls, and what it is asked. */
export type TapSide = 'calls' | 'served';

/** One tap as proxies know it. */
export interface Tap {
  /** Cannot be guessed: a proxy that knows it was told. */
  readonly id: string;
  readonly target: TapTarget;
  readonly sides: readonly TapSide[];
  readonly match: TapMatch;
  /** Connections of TCP, too: what they carry is no request. */
  readonly connections: boolean;
}

/** Whoever is at one end. '' is not known. */
export interface TapPeer {
  readonly workload: string;
  readonly namespace: string;
  /** `spiffe://…`, from the certificate; '' without mutual TLS. */
  readonly principal: string;
  /** `10.1.0.7:40312` */
  readonly address: string;
}

/** One request that has ended, or a connection that was opened or has ended, as a proxy saw it. Neither headers nor bodies nor what stands in a query is in it. */
export interface TapLine {
  /** Milliseconds since 1970, when it began. */
  readonly at: number;
  /** `<namespace>/<pod>`, as its token proves it. */
  readonly proxy: string;
  readonly side: TapSide;
  /** Of TCP; '' is a request. */
  readonly connection: '' | 'opened' | 'closed';
  readonly source: TapPeer;
  readonly destination: TapPeer;
  readonly method: string;
  /** Of a connection the host and port that were called, as far as its proxy knows. */
  readonly authority: string;
  /** As it came, without its query: `/login?…` says that there was one. */
  readonly path: string;
  /** 0: it ended without an answer. */
  readonly status: number;
  /** Envoy's, such as `UH` or `DC`; '' for none. */
  readonly flags: string;
  /** The policy whose refusal it is, in words; '' where it is none's. */
  readonly refusedBy: string;
  /** Milliseconds, from its first byte to the last of its answer. */
  readonly durationMs: number;
  /** Of bodies; of connections what has come from the caller, and what has gone to it. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2' | 'HTTP/3' | '';
  readonly mtls: boolean;
}
