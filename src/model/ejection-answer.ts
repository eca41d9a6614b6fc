/** An endpoint that a proxy does without, as its admin interface has it. */
export interface LeftEndpoint {
  /** Of its cluster, `outbound|<port>|<subset>|<host>`. */
  readonly cluster: string;
  /** `10.1.0.7:9080` */
  readonly address: string;
  /** Envoy's: `failed_outlier_check` is an ejection. */
  readonly flags: readonly string[];
}

/** What a proxy answers when it is asked which endpoints it does without. */
export interface EjectionAnswer {
  /** `<namespace>/<pod>`, as its token proves it. */
  readonly proxy: string;
  /** When it came, milliseconds since 1970. */
  readonly at: number;
  readonly endpoints: readonly LeftEndpoint[];
  /** All of them: only so many are named. */
  readonly total: number;
}
