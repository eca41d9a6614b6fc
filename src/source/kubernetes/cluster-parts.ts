import type { OutriggerError } from '../../errors.ts';
import type { FaultListener } from '../../model/fault.ts';
import type { AdmissionOutcome } from '../events/describe-outcome.ts';
import { EventEmitter } from '../events/event-emitter.ts';
import { ClusterObjects } from './cluster-objects.ts';
import { createConnection, type KubeConnection } from './connection.ts';
import { type CredentialsOptions, createCredentials } from './credentials.ts';
import { createKubernetesSource, type KubernetesSource, type KubernetesSourceOptions } from './kubernetes-source.ts';
import { Leadership } from './leadership.ts';
import { LearntScopeMaps } from './learnt-scope-maps.ts';
import { LinkerdMirror } from './linkerd-mirror.ts';
import { MeshRootSecret, meshRootSecretNames } from './mesh-root-secret.ts';
import { RootConfigMaps } from './root-config-maps.ts';
import { SecretRootStore } from './secret-root-store.ts';
import { StatusKeeper } from './status-keeper.ts';
import { tokenReviews } from './token-review.ts';
import { type UserAccess, userAccess } from './user-access.ts';

export interface ClusterOptions {
  readonly credentials: CredentialsOptions;
  /** Where the control plane runs: its Secret is there. */
  readonly namespace: string;
  /** Never touched, apart from `namespace`. */
  readonly systemNamespaces: readonly string[];
  /** Which replica this is, for Events: the name of the pod or the host. */
  readonly instance: string;
  /** A part of the names of Events; differs from process to process. */
  readonly startId: string;
  readonly onProblem: (problem: ClusterProblem) => void;
  /** OR1660 of objects that cannot be dealt with. */
  readonly onFault: FaultListener;
  /** Whose policies hold everywhere; the usual ones without it. */
  readonly rootNamespaces?: readonly string[];
  /** Given where the objects of the mesh are read, too: `facts` is then their source. */
  readonly mesh?: NonNullable<KubernetesSourceOptions['mesh']> & {
    /** Namespaces that get no ConfigMap with the roots of the mesh. */
    readonly rootExcludedNamespaces: readonly string[];
  };
  /** For whom the tokens of proxies are made; needed where any are reviewed. */
  readonly tokenAudiences?: readonly string[];
}

/** For the log. The parts go on by themselves after each. */
export interface ClusterProblem {
  readonly part: 'source' | 'mirror' | 'events' | 'roots' | 'statuses';
  readonly message: string;
  readonly code?: string;
  readonly remedy?: string;
}

/** The Secret that `install` makes, or whoever uses `manifest generate` (docs/security.md). */
export const rootSecretName = 'outrigger-webhook-root';

/** All that the program has of a cluster, put together and not started: the `Surroundings` of the layer app. */
export interface ClusterParts {
  readonly facts: KubernetesSource;
  /** One, which starts to follow the cluster until its signal aborts. Throws OR1631 without a usable configuration. */
  readonly components: readonly { readonly name: string; start(signal: AbortSignal): Promise<void> }[];
  readonly readiness: { readonly name: string; problem(): string | undefined };
  readonly rootStore: SecretRootStore;
  /** Names the root store in messages. */
  readonly rootPlace: string;
  /** Asks the API server about a token of a proxy, for some audience. */
  readonly reviewToken: ReturnType<typeof tokenReviews>;
  /** Of users of the dashboard, whose tokens are for the API server itself. */
  readonly users: UserAccess & { readonly review: ReturnType<typeof tokenReviews> };
  readonly meshRootStore: MeshRootSecret;
  readonly meshRootPlace: string;
  /** What workloads use. */
  readonly scopeStore: LearntScopeMaps;
  /** Whether this replica is the one that does what must happen once. */
  readonly leadership: Leadership;
  /** Writes what became of resources into them. */
  readonly statuses: StatusKeeper;
  /** Objects by their paths. */
  readonly api: ClusterObjects;
  /** Keeps what pods trust the control plane by; undefined where no mesh is read. */
  readonly rootConfigMaps: RootConfigMaps | undefined;
  /** Tells Events of what users should know. Returns at once, never throws. */
  readonly onOutcome: (outcome: AdmissionOutcome) => void;
  /** Which cluster it is, once started. */
  readonly summary: () => string;
}

export function connectCluster(options: ClusterOptions): ClusterParts {
  const { namespace, onProblem } = options;
  const credentials = createCredentials(options.credentials);
  const connection = createConnection(credentials);
  const source = sourceOf(connection, options);
  const mirror = new LinkerdMirror({
    connection,
    excluded: [...options.systemNamespaces, namespace],
    onProblem: (problem) =>
      onProblem({ part: 'mirror', message: `label of namespace ${problem.namespace}: ${problem.message}` }),
  });
  let serial = 0;
  const events = new EventEmitter({
    connection,
    instance: options.instance,
    nameSuffix: () => `${options.startId}.${++serial}`,
    onProblem: ({ reason, message }) => onProblem({ part: 'events', message: `${reason}: ${message}` }),
  });
  const onStatusProblem = ({ code, message, remedy }: OutriggerError) =>
    onProblem({ part: 'statuses', code, remedy, message });
  const leadership = new Leadership({
    ...{ connection, namespace, holder: `${options.instance}_${options.startId}` },
    onProblem: onStatusProblem,
  });
  const start = async (signal: AbortSignal): Promise<void> => {
    await credentials.target();
    await source.start(signal);
    mirror.start((listener) => source.onNamespace(listener), signal);
    events.start(signal);
  };
  return {
    facts: source,
    components: [{ name: 'cluster', start }],
    readiness: {
      name: 'source',
      problem: () => (source.synced ? undefined : 'namespaces and nodes are not listed yet'),
    },
    rootStore: new SecretRootStore({ connection, namespace, name: rootSecretName }),
    rootPlace: `Secret ${namespace}/${rootSecretName}`,
    reviewToken: tokenReviews(connection, options.tokenAudiences ?? []),
    users: { ...userAccess(credentials), review: tokenReviews(connection, []) },
    meshRootStore: new MeshRootSecret({ connection, namespace, names: meshRootSecretNames }),
    meshRootPlace: `Secret ${meshRootSecretNames.map((name) => `${namespace}/${name}`).join(' or ')}`,
    scopeStore: new LearntScopeMaps({ connection, namespace }),
    leadership,
    statuses: new StatusKeeper({ connection, leadership, onProblem: onStatusProblem }),
    api: new ClusterObjects(connection),
    rootConfigMaps: rootConfigMapsOf(connection, source, options),
    onOutcome: (outcome) => events.offer(outcome),
    summary: () => `the cluster at ${connection.server}`,
  };
}

function rootConfigMapsOf(
  connection: KubeConnection,
  namespaces: KubernetesSource,
  { mesh, namespace, onProblem }: ClusterOptions,
): RootConfigMaps | undefined {
  if (mesh === undefined) return undefined;
  return new RootConfigMaps({
    ...{ connection, namespaces, owner: namespace, excluded: mesh.rootExcludedNamespaces },
    onProblem: ({ code, message, remedy }) => onProblem({ part: 'roots', code, remedy, message }),
  });
}

function sourceOf(
  connection: KubeConnection,
  { mesh, rootNamespaces, onProblem, onFault }: ClusterOptions,
): KubernetesSource {
  return createKubernetesSource({
    ...{ connection, mesh, rootNamespaces, onFault },
    onProblem: ({ resource, failure, retryInMs }) => {
      // A kind that nobody has changed since the API server started gets no bookmarks: its silence is no news. Where the
      // connection was dead, the next attempt says so.
      if (failure.kind === 'idle') return;
      const message = `${resource}: ${failure.kind}: ${failure.message}; again in ${Math.round(retryInMs)} ms`;
      onProblem({ part: 'source', message });
    },
  });
}
