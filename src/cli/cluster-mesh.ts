import { OutriggerError } from '../errors.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { objectsAt, textAt } from '../registry/json-fields.ts';
import type { KindDefinition } from '../schema/kind.ts';
import { kinds } from '../schema/kinds.ts';
import { createConnection, type KubeConnection } from '../source/kubernetes/connection.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import type { SourceObject } from '../source/object-source.ts';
import { tlsContent } from '../source/tls-content.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { contextNamespace } from './context-namespace.ts';

interface Listed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Of these only what is asked for travels. */
  readonly query?: Readonly<Record<string, string>>;
  /** Nobody misses it where it is not there or may not be read. */
  readonly optional?: boolean;
}

const core = (kind: string, plural: string): Listed => ({ apiVersion: 'v1', kind, plural });

/** What analysis looks at, apart from the kinds of the mesh. */
const kubernetes: readonly Listed[] = [
  core('Namespace', 'namespaces'),
  core('Node', 'nodes'),
  core('Service', 'services'),
  core('Pod', 'pods'),
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { ...core('Secret', 'secrets'), query: { fieldSelector: 'type=kubernetes.io/tls' } },
  { ...core('Secret', 'secrets'), query: { fieldSelector: 'type=Opaque' } },
  { ...core('ConfigMap', 'configmaps'), query: { labelSelector: 'outrigger.io/learnt-scopes' }, optional: true },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', plural: 'pods', optional: true },
];

const ofMesh = (kinds as readonly KindDefinition[]).map(
  ({ group, storage, kind, plural }): Listed => ({ apiVersion: `${group}/${storage}`, kind, plural }),
);

/**
 * One reading of all that analysis looks at. A kind that is not installed has no objects; one that may not be read is told by
 * its right, and the rest is read. Throws OR1630 when no answer comes, OR1631 without a usable kubeconfig.
 */
export async function readClusterObjects(
  options: { readonly kubeconfig?: string; readonly context?: string; readonly systemNamespace?: string },
  say: (line: string) => void,
): Promise<ClusterObjects> {
  const credentials = createCredentials(options);
  await credentials.target();
  const connection = createConnection(credentials);
  const unread = new Set<string>();
  const objects: SourceObject[] = [];
  await inTurns([...kubernetes, ...ofMesh], 6, async (listed) => {
    const { status, items } = await listAll(connection, listed);
    objects.push(...items.flatMap((item) => decode(item, listed)));
    if (status === 200 || status === 404 || listed.optional === true) return;
    unread.add(listed.kind);
    const error = new OutriggerError('OR2553', `${listed.plural} cannot be listed (${status})`);
    say(`${error.message}. ${error.remedy}`);
  });
  if (objects.length === 0 && unread.size >= kubernetes.length)
    throw new OutriggerError('OR2553', 'nothing of the cluster can be listed');
  return { objects, unread, namespace: await contextNamespace(options), proxyImage: imageOf(objects), isRead: true };
}

async function listAll(connection: KubeConnection, listed: Listed): Promise<{ status: number; items: Json[] }> {
  const { apiVersion, plural, query } = listed;
  const path = `${apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`}/${plural}`;
  const items: Json[] = [];
  let token = '';
  do {
    const page = { limit: '500', ...query, ...(token === '' ? {} : { continue: token }) };
    const { status, body } = await connection.json({ method: 'GET', path, query: page, timeoutMs: 60_000 });
    if (status !== 200) return { status, items };
    items.push(...objectsAt(body, 'items'));
    token = textAt(body, 'metadata', 'continue');
  } while (token !== '');
  return { status: 200, items };
}

/** Items of a list do not say what they are. Nothing is kept of a Secret but a certificate of it. */
function decode(item: Json, { apiVersion, kind }: Listed): SourceObject[] {
  if (!isObject(item) || !isObject(item.metadata)) return [];
  const whole: JsonObject = { ...item, apiVersion, kind };
  const object = kind === 'Secret' ? tlsContent(whole) : whole;
  if (object === undefined) return [];
  const { name, namespace, generation } = item.metadata;
  const place = { kind, namespace: typeof namespace === 'string' ? namespace : '', name: String(name) };
  const origin = { ...place, ...(typeof generation === 'number' ? { generation } : {}) };
  return [{ apiVersion, ...place, object, origin }];
}

/** What the control plane injects stands in its command line. */
function imageOf(objects: readonly SourceObject[]): string {
  const args = objects
    .filter(({ kind, object }) => kind === 'Deployment' && textAt(object, 'metadata', 'labels', 'app') === 'outrigger')
    .flatMap(({ object }) => objectsAt(object, 'spec', 'template', 'spec', 'containers'))
    .flatMap(({ args: given }) => (Array.isArray(given) ? given.map(String) : []));
  return args.find((text) => text.startsWith('injection.image.proxy='))?.slice('injection.image.proxy='.length) ?? '';
}

async function inTurns<T>(items: readonly T[], width: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
