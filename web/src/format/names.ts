/** The name with its version, where it has one: `latest` is what Istio calls the version of a workload that has none. */
export function versioned(name: string, version: string): string {
  return version === '' || version === 'latest' ? name : `${name} ${version}`;
}
