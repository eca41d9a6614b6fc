/** What a code means. */
export interface CatalogueEntry {
  /** HTTP status when the error answers a request of ours. */
  readonly status: number;
  readonly title: string;
  /** What the reader does about it. */
  readonly remedy: string;
}
