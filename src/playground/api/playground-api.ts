import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SourceObject } from '../../source/object-source.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { dialInNamespace } from './dial-in-namespace.ts';
import type { KubeApiOptions } from './kube-api.ts';

export interface PlaygroundApiParts {
  readonly cluster: Pick<Cluster, 'onObjects' | 'pods'>;
  /** `https://localhost:<port>/inject` */
  readonly webhookUrl: () => string;
  /** `http://127.0.0.1:<port>`; undefined where there is none. */
  readonly dashboardUrl: () => string | undefined;
  readonly kubeconfig: string;
}

/** The playground's control plane is no pod; by this name commands find it all the same. */
const controlPlanePod = podObject('outrigger-system', 'outrigger', { app: 'outrigger' });

/** Of the control plane in a cluster. */
const dashboardPort = 15_014;

/** What the API of a playground shows, and where its port-forwards lead. */
export function playgroundApi({ cluster, webhookUrl, dashboardUrl, kubeconfig }: PlaygroundApiParts): KubeApiOptions {
  return {
    kubeconfig,
    objects: () => {
      const objects: SourceObject[] = [controlPlanePod];
      cluster.onObjects(({ upserts }) => objects.push(...upserts))();
      return objects;
    },
    dial: async ({ namespace, name }, port): Promise<Duplex> => {
      if (namespace === controlPlanePod.namespace && name === controlPlanePod.name)
        return connect(
          Number(new URL((port === dashboardPort ? dashboardUrl() : undefined) ?? webhookUrl()).port),
          '127.0.0.1',
        );
      const pod = cluster.pods.find(({ desired }) => desired.namespace === namespace && desired.name === name);
      if (pod?.enter === undefined) throw new Error(`pod ${namespace}/${name} does not run`);
      return dialInNamespace(pod.enter, port);
    },
  };
}

function podObject(namespace: string, name: string, labels: Record<string, string>): SourceObject {
  const place = { kind: 'Pod', namespace, name };
  const status = { phase: 'Running', podIP: '127.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] };
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels },
    spec: { containers: [] },
    status,
  };
  return { apiVersion: 'v1', ...place, object, origin: place };
}
