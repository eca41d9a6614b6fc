/** What a client does, as far as a proxy can tell. */
export interface Call {
  readonly source: string;
  readonly destination: Place;
  /** What the connection begins with, when it begins with TLS. */
  readonly tls?: ClientHello;
  readonly request: Request | 'bytes';
  /** What servers answer with. */
  readonly answer?: Headers;
}

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface ClientHello {
  readonly sni: string;
  readonly alpn: readonly string[];
  /** The URI of the certificate that the client has: `spiffe://cluster.local/ns/default/sa/client`. */
  readonly peer?: string;
}

export interface Request {
  readonly version: 'http/1.1' | 'http/2';
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authority: string;
  readonly headers: Headers;
  /** `http` without it; the proxy that takes a request by HTTP/1.1 knows better. */
  readonly scheme?: string;
}

/** By lower-case name, in order. */
export type Headers = readonly (readonly [name: string, value: string])[];

/** One thing that may happen: where chance decides, there are several of them. */
export type Verdict = Forwarded | Answered | Closed;

/** Ways that lead to a server; `listener`, `chain` and `route` are names. */
export interface Forwarded {
  readonly kind: 'forwarded';
  readonly listener: string;
  readonly chain: string;
  readonly route: string;
  readonly cluster: string;
  /** The part of the calls that come here, of those that the same rule shares out: 1 is all of them. */
  readonly share: number;
  /** The client's TLS ends at the proxy; else the server has to end it. */
  readonly terminated: boolean;
  /** `10.0.0.1:80`, any of them. */
  readonly endpoints: readonly Endpoint[];
  /** As the server gets it, or bytes. */
  readonly request: Request | 'bytes';
  readonly responseHeaders: Headers;
}

export interface Endpoint {
  readonly address: string;
  /** What the proxy begins with the server; of a client's TLS that it lets through it is not a part. */
  readonly tls: UpstreamTls | undefined;
}

export interface UpstreamTls {
  readonly sni: string;
  /** What it offers; none where Envoy's own choice counts. */
  readonly alpn: readonly string[];
  /** The proxy shows a certificate. */
  readonly certificate: boolean;
}

/** By the proxy itself. */
export interface Answered {
  readonly kind: 'answered';
  readonly listener: string;
  readonly chain: string;
  readonly route: string;
  readonly status: number;
  readonly location?: string;
  readonly body?: string;
}

export interface Closed {
  readonly kind: 'closed';
  readonly why: string;
}
