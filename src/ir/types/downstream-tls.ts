/** TLS of clients, ended by the proxy. */
export interface DownstreamTlsIR {
  /** `mesh` is the proxy's own certificate, and clients of the mesh. */
  readonly mode: 'simple' | 'mutual' | 'optional-mutual' | 'mesh';
  /** SDS names; one for each certificate. */
  readonly certificates: readonly string[];
  /** Certificates in files of the proxy's container. */
  readonly files: readonly { readonly certificate: string; readonly key: string }[];
  /** SDS name of the clients' CA; '' is none. */
  readonly ca: string;
  readonly caFile: string;
  readonly crlFile: string;
  /** Certificates are asked for and looked at; one that nobody vouches for is taken all the same. */
  readonly takesUntrusted: boolean;
  /** Of which a client must have one; empty is any. */
  readonly subjectAltNames: readonly string[];
  readonly keyHashes: readonly string[];
  readonly certificateHashes: readonly string[];
  /** `TLSv1_2`; undefined is the default. */
  readonly minVersion?: string;
  readonly maxVersion?: string;
  readonly cipherSuites: readonly string[];
  readonly curves: readonly string[];
}
