import type { ProxyResources, XdsType } from '../xds/resource.ts';

/** Who is at the other end of a stream, proven by its token and not by what it says of itself. */
export interface ProvenPeer {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Name and UID of the pod that the token is bound to; undefined for tokens bound to none. */
  readonly pod: { readonly name: string; readonly uid: string } | undefined;
  /** Milliseconds since the epoch: the stream ends then. */
  readonly expiresAt: number;
}

/** What a proxy says of itself in its first request. Claims: to be compared with the peer, never to be followed. */
export interface NodeClaims {
  /** `sidecar~10.0.0.7~reviews-v1-abc.default~default.svc.cluster.local` */
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** `envoy`, `gRPC Node Pure JS`. */
  readonly userAgent: string;
  /** `1.40.0`; '' when it is not Envoy. */
  readonly envoyVersion: string;
  /** The kind of stream: VHDS and with it on-demand configuration exist on delta streams alone. */
  readonly delta: boolean;
}

/** One proxy's view of the mesh for as long as its stream lives. */
export interface ProxySession {
  /** `<namespace>/<pod>`, for logs and the ledger. */
  readonly proxy: string;
  /** How configuration reaches it, for people; '' when there is nothing to say. */
  delivery?(): string;
  /** What it may have now. Cheap when nothing changed since the last call. */
  current(): ProxyResources;
  /** Told of names that the proxy asks for, as it asks. */
  asked?(type: XdsType, names: readonly string[]): void;
  /**
   * Names that an incremental client is given although it does not ask for them: when it begins, and until it ends.
   * `held` are those of the type that it has from before.
   */
  unasked?(type: XdsType, held: Iterable<string>): ReadonlySet<string>;
  /** Told when `current()` may have changed. The answer ends that. */
  onChange(listener: () => void): () => void;
  close(): void;
}

export interface SessionFactory {
  /** Rejects with a coded error when the peer may have nothing: the stream ends with it. */
  open(peer: ProvenPeer, node: NodeClaims, signal: AbortSignal): Promise<ProxySession>;
}

/** Proves the bearer token of a stream. Rejects with a coded error. */
export interface PeerAuthenticator {
  authenticate(token: string, signal: AbortSignal): Promise<ProvenPeer>;
}
