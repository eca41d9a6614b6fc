import type { SourceObject } from '../source/object-source.ts';

/** What was read of a cluster at one moment. */
export interface ClusterObjects {
  readonly objects: readonly SourceObject[];
  /** Kinds that could not be listed: nothing follows from their absence. */
  readonly unread: ReadonlySet<string>;
  /** Of the context. */
  readonly namespace: string;
  /** That the control plane gives to pods; '' is not known. */
  readonly proxyImage: string;
  readonly isRead: boolean;
  /** With what the control plane was started, as `--set` takes it; keys that are not known here are left out. */
  readonly sets: readonly string[];
}

/** Files alone. */
export const noCluster: ClusterObjects = {
  ...{ objects: [], unread: new Set(), namespace: 'default', proxyImage: '', isRead: false, sets: [] },
};
