import { configKeys } from '../app/config.ts';
import { OutriggerError } from '../errors.ts';
import { ownWebhooks } from '../model/installed-revisions.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { objectsAt, textAt } from '../registry/json-fields.ts';
import { dialectKinds, kindKey } from '../schema/dialect-kinds.ts';
import type { KindDefinition } from '../schema/kind.ts';
import { kinds } from '../schema/kinds.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import type { SourceObject } from '../source/object-source.ts';
import { tlsContent } from '../source/tls-content.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { contextNamespace } from './context-namespace.ts';
import { openConnection } from './talking-connection.ts';

export interface Listed {
  readonly apiVersion: string;
  /** Tried in turn where the first is not served. */
  readonly older?: readonly string[];
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
  // Istio's meshConfig, by its one name.
  { ...core('ConfigMap', 'configmaps'), query: { fieldSelector: 'metadata.name=istio' }, optional: true },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    ...{
      kind: 'MutatingWebhookConfiguration',
      plural: 'mutatingwebhookconfigurations',
      query: ownWebhooks,
      optional: true,
    },
  },
  { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', plural: 'pods', optional: true },
];

const ofMesh = (kinds as readonly KindDefinition[]).map(
  ({ group, storage, kind, plural }): Listed => ({ apiVersion: `${group}/${storage}`, kind, plural }),
);

const ofDialects = dialectKinds.map(
  ({ group, kind, plural, versions: [newest, ...older] }): Listed => ({
    ...{ apiVersion: `${group}/${newest}`, older: older.map((version) => `${group}/${version}`), kind, plural },
  }),
);

/**
 * One reading of all that analysis looks at. A kind that is not installed has no objects; one that may not be read is told by
 * its right, and the rest is read. Throws OR1630 when no answer comes, OR1631 without a usable kubeconfig.
 */
export async function readClusterObjects(
  options: { readonly kubeconfig?: string; readonly context?: string; readonly systemNamespace?: string },
  say: (line: string) => void,
  further: readonly Listed[] = [],
): Promise<ClusterObjects> {
  const credentials = createCredentials(options);
  await credentials.target();
  const connection = openConnection(credentials);
  const unread = new Set<string>();
  const objects: SourceObject[] = [];
  await inTurns([...kubernetes, ...ofMesh, ...ofDialects, ...further], 6, async (listed) => {
    const { status, items, apiVersion } = await listServed(connection, listed);
    objects.push(...items.flatMap((item) => decode(item, { ...listed, apiVersion })));
    if (status === 200 || status === 404 || listed.optional === true) return;
    unread.add(kindKey(listed.apiVersion, listed.kind));
    const error = new OutriggerError('OR2553', `${listed.plural} cannot be listed (${status})`);
    say(`${error.message}. ${error.remedy}`);
  });
  if (objects.length === 0 && unread.size >= kubernetes.length)
    throw new OutriggerError('OR2553', 'nothing of the cluster can be listed');
  return {
    objects,
    unread,
    namespace: await contextNamespace(options),
    ...startedWith(objects, options.systemNamespace),
    isRead: true,
  };
}

interface Answer {
  readonly status: number;
  readonly items: Json[];
  readonly apiVersion: string;
}

/** In the newest version that the cluster serves. */
async function listServed(connection: KubeConnection, listed: Listed): Promise<Answer> {
  let answer: Answer = { status: 404, items: [], apiVersion: listed.apiVersion };
  for (const apiVersion of [listed.apiVersion, ...(listed.older ?? [])]) {
    answer = { ...(await listAll(connection, { ...listed, apiVersion })), apiVersion };
    if (answer.status === 403 && !(await isServed(connection, { ...listed, apiVersion })))
      answer = { ...answer, status: 404 };
    if (answer.status !== 404) break;
  }
  return answer;
}

/** Rights are looked at before it is known whether there is such a kind; what there is, everybody may ask. */
async function isServed(connection: KubeConnection, { apiVersion, plural }: Listed): Promise<boolean> {
  if (apiVersion === 'v1') return true;
  const { status, body } = await connection.json({ method: 'GET', path: `/apis/${apiVersion}` });
  if (status !== 200) return status !== 404;
  return objectsAt(body, 'resources').some(({ name }) => name === plural);
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
  const place = {
    kind: kindKey(apiVersion, kind),
    namespace: typeof namespace === 'string' ? namespace : '',
    name: String(name),
  };
  const origin = { ...place, ...(typeof generation === 'number' ? { generation } : {}) };
  return [{ apiVersion, ...place, object, origin }];
}

/** What the control plane injects, and how it sees the mesh, stands in its command line. */
function startedWith(objects: readonly SourceObject[], systemNamespace?: string) {
  const args = objects
    .filter(({ kind, object }) => kind === 'Deployment' && textAt(object, 'metadata', 'labels', 'app') === 'outrigger')
    .filter(({ namespace }) => systemNamespace === undefined || namespace === systemNamespace)
    .slice(0, 1)
    .flatMap(({ object }) => objectsAt(object, 'spec', 'template', 'spec', 'containers'))
    .flatMap(({ args: given }) => (Array.isArray(given) ? given.map(String) : []));
  const pairs = args.filter((_, index) => args[index - 1] === '--set');
  const image = 'injection.image.proxy=';
  return {
    proxyImage: pairs.find((text) => text.startsWith(image))?.slice(image.length) ?? '',
    sets: pairs.filter((text) => configKeys.some(({ path }) => text.startsWith(`${path}=`))),
  };
}

async function inTurns<T>(items: readonly T[], width: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
