/** How the proxy of a machine finds out whether its app is ready. Times in milliseconds. */
export interface MachineProbeIR {
  readonly initialDelayMs: number;
  readonly timeoutMs: number;
  readonly periodMs: number;
  readonly successes: number;
  readonly failures: number;
  /** Of the app, an IP address. */
  readonly address: string;
  readonly port: number;
  /** Undefined: a connection is enough. */
  readonly http?: {
    readonly host: string;
    readonly path: string;
    readonly tls: boolean;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
  };
}
