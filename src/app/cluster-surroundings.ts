import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { EmergencyKeeper } from '../emergency/emergency-keeper.ts';
import { asOutriggerError } from '../errors.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import { tokenAudience } from '../identity/tokens/token-peer.ts';
import { TokenReviewAuthenticator } from '../identity/tokens/token-review.ts';
import { systemNamespaces } from '../inject/decision/checks.ts';
import { ClusterEntries } from '../machines/cluster-entries.ts';
import type { FaultListener } from '../model/fault.ts';
import {
  type InstalledRevisions,
  installedRevisions,
  ownWebhooks,
  webhooksPath,
} from '../model/installed-revisions.ts';
import type { ClusterParts } from '../source/kubernetes/cluster-parts.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Config } from './config.ts';
import type { MeshParts } from './mesh/mesh-parts.ts';
import { readSeldom } from './read-seldom.ts';
import type { Surroundings } from './surroundings.ts';

export interface ClusterOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly onFault: FaultListener;
}

/** Namespaces and nodes from the API server, the root certificate in a Secret, and Events for users. */
export async function clusterSurroundings({ config, env, logger, onFault }: ClusterOptions): Promise<Surroundings> {
  const { connectCluster } = await import('../source/kubernetes/cluster-parts.ts');
  const { kubeconfig } = config;
  const inCluster = kubeconfig === '' && isInCluster(env);
  const discovery = config.discovery.enabled !== 'off';
  const instance = env.POD_NAME ?? hostname();
  const parts = connectCluster({
    credentials: { ...(kubeconfig === '' ? {} : { kubeconfig }), inCluster },
    namespace: config.injection.systemNamespace,
    systemNamespaces,
    instance,
    startId: randomBytes(4).toString('hex'),
    onProblem: ({ message, ...problem }) => logger.warn(problem, message),
    rootNamespaces: config.mesh.rootNamespaces,
    onFault,
    tokenAudiences: [tokenAudience],
    ...(discovery ? { mesh: meshOf(config) } : {}),
  });
  return {
    ...parts,
    instance,
    place: 'cluster',
    objects: parts.facts,
    mesh: discovery ? clusterMesh(parts, logger) : undefined,
    // Whoever reaches the webhook may preview.
    installed: readSeldom(
      () => readInstalled(parts, logger),
      () => performance.now(),
    ),
  };
}

/** Without the right to see webhooks, a preview knows its own revision alone. */
async function readInstalled({ api }: ClusterParts, logger: Logger): Promise<InstalledRevisions | undefined> {
  try {
    return installedRevisions(await api.list(webhooksPath, ownWebhooks));
  } catch (error) {
    const { code, message, remedy } = asOutriggerError(error);
    logger.warn({ part: 'preview', code, remedy }, message);
    return undefined;
  }
}

function meshOf({ mesh: { secretNamespaces, rootExcludedNamespaces } }: Config) {
  return { secretNamespaces, rootExcludedNamespaces };
}

function clusterMesh(parts: ClusterParts, logger: Logger): MeshParts {
  return {
    patient: true,
    publish: parts.rootConfigMaps,
    objects: parts.facts,
    authenticator: new TokenReviewAuthenticator({ review: parts.reviewToken, now: Date.now }),
    rootStore: parts.meshRootStore,
    rootPlace: parts.meshRootPlace,
    scopeStore: parts.scopeStore,
    statuses: parts.statuses,
    machines: new ClusterEntries(parts.api),
    emergencies: new EmergencyKeeper({
      ...{ cluster: parts.api, leadership: parts.leadership, now: Date.now, after: systemClock.after },
      onProblem: ({ code, message, remedy }) => logger.warn({ part: 'emergencies', code, remedy }, message),
    }),
  };
}

/** What client libraries go by: https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
export function isInCluster(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env.KUBERNETES_SERVICE_HOST ?? '') !== '' && (env.KUBECONFIG ?? '') === '';
}
