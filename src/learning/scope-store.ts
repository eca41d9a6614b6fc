/** Where learnt scopes are kept: one text for each namespace. */
export interface ScopeStore {
  /** By namespace. Throws OR2480. */
  read(): Promise<ReadonlyMap<string, StoredText>>;
  /** False: someone else wrote since `before` was read; undefined: there was nothing. Throws OR2480. */
  write(namespace: string, text: string, before: StoredText | undefined): Promise<boolean>;
}

export interface StoredText {
  readonly text: string;
  /** Changes with each write. */
  readonly version: string;
}
