/** The name with its version, where it has one: `latest` is what Istio calls the version of a workload that has none. */
export function versioned(name: string, version: string): string {
  return version === '' || version === 'latest' ? name : `${name} ${version}`;
}

export interface NodeId {
  readonly kind: string;
  readonly namespace: string;
  /** '' where the text is no such id. */
  readonly name: string;
  readonly version: string;
}

/** `<kind>/<namespace>/<name>/<version>`, as the graph's nodes are called. */
export function readNodeId(id: string): NodeId {
  const [kind = '', namespace = '', name = '', version = ''] = id.split('/').map(decode);
  return { kind, namespace, name, version };
}

/** A text that is no valid escape stands for itself. */
export function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
