/** What a proxy asks for on demand, in the words of `src/learning`. */
export interface OnDemandUse {
  readonly kind: 'cluster' | 'virtualHost';
  readonly name: string;
  /** Of clusters, `<namespace>/<host>` of the service; else ''. */
  readonly service: string;
}

/** One proxy's share of what its workload was seen to use. */
export interface UseMemory {
  /** What a proxy that begins with nothing gets before it asks. */
  recall(): readonly Pick<OnDemandUse, 'kind' | 'name'>[];
  use(uses: readonly OnDemandUse[]): void;
  close(): void;
}
