import type { ApiObject } from './api.ts';
import { waitFor } from './child.ts';
import type { Cluster } from './harness.ts';
import { defaultServiceAccount } from './service-account.ts';

/** A namespace that can take pods. */
export async function makeNamespace(
  cluster: Cluster,
  name: string,
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> } = {},
): Promise<void> {
  await cluster.api.must('POST', '/api/v1/namespaces', { metadata: { name, ...metadata } });
  await defaultServiceAccount(cluster.api, name);
}

/** Deletes what a manifest made, and waits until its namespace can be made again. */
export async function deleteManifest(cluster: Cluster, manifest: string): Promise<void> {
  await cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', '-'], { input: manifest });
  await waitFor(
    async () => {
      const answer = await cluster.api.call('GET', '/api/v1/namespaces/outrigger-system');
      return answer.status === 404 || undefined;
    },
    { what: 'the end of outrigger-system', timeoutMs: 60_000 },
  );
}

export interface PodShape {
  readonly name?: string;
  readonly generateName?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}

export function podOf(shape: PodShape): ApiObject {
  const { hostNetwork, ...metadata } = shape;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { ...metadata.labels }, annotations: { ...metadata.annotations } },
    spec: {
      ...(hostNetwork === true ? { hostNetwork } : {}),
      containers: [{ name: 'app', image: 'example.invalid/app:1', ports: [{ containerPort: 8080 }] }],
    },
  };
}

export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/pods`;
}

/** Runs `work` on every item, `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
