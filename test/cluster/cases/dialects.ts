import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmergencyKeeper } from '../../../src/emergency/emergency-keeper.ts';
import type { JsonObject } from '../../../src/model/json.ts';
import { ClusterObjects } from '../../../src/source/kubernetes/cluster-objects.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { type Child, freePorts, waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { runOutrigger } from '../outrigger.ts';
import { serveBeside } from '../serve-beside.ts';

const group = 'gateway.networking.k8s.io';
const routes = `/apis/${group}/v1/namespaces/edge/httproutes`;
const ours = 'outrigger.io/gateway-controller';

/** Kinds of Gateway API as far as a status needs them; the real definitions are of another project. */
function definition(plural: string, kind: string, scope: 'Namespaced' | 'Cluster' = 'Namespaced'): object {
  const free = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: free, status: free } } };
  const version = { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema };
  return {
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, of a test' } },
    spec: { group, scope, names: { plural, kind, singular: kind.toLowerCase() }, versions: [version] },
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly lastTransitionTime: string;
}

interface Parent {
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** What became of resources of Gateway API and of Ingresses is in their statuses, written by one of two replicas. */
export function dialectCases(cluster: () => Cluster): void {
  describe('statuses of other dialects', () => {
    const replicas: Child[] = [];
    const run = (...args: string[]) => runOutrigger([...args, '--kubeconfig', cluster().kubeconfig]);
    const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    const kinds = [
      definition('gatewayclasses', 'GatewayClass', 'Cluster'),
      definition('gateways', 'Gateway'),
      definition('httproutes', 'HTTPRoute'),
    ];

    beforeAll(async () => {
      const { api } = cluster();
      for (const body of kinds) await api.must('POST', definitions, body);
      const installed = await run(
        'install',
        '-y',
        '--set',
        `profile=minimal,replicas=0,webhookUrl=https://${cluster().host}:1`,
      );
      expect([installed.code, installed.stderr]).toEqual([0, '']);
      await makeNamespace(cluster(), 'edge', {});
      for (const [index, port] of (await freePorts(2)).entries())
        replicas.push(await serveBeside(cluster(), `statuses-${index}`, port));
    });
    afterAll(async () => {
      await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
      await run('uninstall', '--purge', '-y');
      await cluster().kubectl(['delete', 'ns', 'edge', '--wait=true']);
      for (const plural of ['gatewayclasses', 'gateways', 'httproutes'])
        await cluster().api.call('DELETE', `${definitions}/${plural}.${group}`);
    });

    async function parentsOf(name: string): Promise<readonly Parent[]> {
      const { body } = await cluster().api.call('GET', `${routes}/${name}`);
      return ((body as { status?: { parents?: Parent[] } }).status?.parents ?? []) as readonly Parent[];
    }
    const accepted = (name: string, status: 'True' | 'False') =>
      waitFor(
        async () => {
          const mine = (await parentsOf(name)).find(({ controllerName }) => controllerName === ours);
          const condition = mine?.conditions.find(({ type }) => type === 'Accepted');
          return condition?.status === status ? condition : undefined;
        },
        { what: `the status of HTTPRoute ${name}` },
      );
    const route = (name: string, parent: string) => ({
      apiVersion: `${group}/v1`,
      kind: 'HTTPRoute',
      metadata: { name, namespace: 'edge' },
      spec: { parentRefs: [{ name: parent }], rules: [] },
    });
    const leader = async (): Promise<string> => {
      const path = '/apis/coordination.k8s.io/v1/namespaces/outrigger-system/leases/outrigger-leader';
      const { body } = await cluster().api.call('GET', path);
      return (body as { spec?: { holderIdentity?: string } }).spec?.holderIdentity ?? '';
    };

    test('a route that is attached, one that is not, and the entry of another controller', async () => {
      const { api } = cluster();
      await api.must('POST', `/apis/${group}/v1/namespaces/edge/gateways`, {
        ...{ apiVersion: `${group}/v1`, kind: 'Gateway' },
        metadata: { name: 'front', namespace: 'edge' },
        spec: { gatewayClassName: 'outrigger', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
      });
      await api.must('POST', routes, route('good', 'front'));
      await api.must('POST', routes, route('lost', 'nowhere'));
      expect((await accepted('good', 'True')).reason).toBe('Accepted');
      expect((await accepted('lost', 'False')).reason).toBe('NoMatchingParent');
      await waitFor(
        async () => {
          const answer = await api.call('GET', `/apis/${group}/v1/namespaces/edge/gateways/front`);
          const { status } = answer.body as { status?: { listeners?: { attachedRoutes: number }[] } };
          return status?.listeners?.[0]?.attachedRoutes === 1 ? true : undefined;
        },
        { what: 'the count of attached routes' },
      );
      const theirs = { controllerName: 'example.com/other', parentRef: { name: 'x' }, conditions: [] };
      const merge = { contentType: 'application/merge-patch+json' };
      await api.call('PATCH', `${routes}/good/status`, { ...merge, body: { status: { parents: [theirs] } } });
      await accepted('good', 'True');
      expect((await parentsOf('good')).map(({ controllerName }) => controllerName)).toEqual([
        'example.com/other',
        ours,
      ]);
    });

    test('an emergency is told of once, at its begin and its end, and is removed by the right that the control plane has', async () => {
      const { api } = cluster();
      const path = '/apis/outrigger.io/v1alpha1/namespaces/edge/emergencies';
      const spec = { level: 'authz', ttl: '2s', reason: 'INC-7' };
      const emergency = { apiVersion: 'outrigger.io/v1alpha1', kind: 'Emergency', spec };
      const made = await api.must('POST', path, { ...emergency, metadata: { name: 'short' } });
      const query = `fieldSelector=${encodeURIComponent('involvedObject.kind=Emergency')}`;
      const events = await waitFor(
        async () => {
          const { body } = await api.call('GET', `/api/v1/namespaces/edge/events?${query}`);
          const { items } = body as { items: { reason: string; message: string }[] };
          return items.some(({ reason }) => reason === 'EmergencyOver') ? items : undefined;
        },
        { what: 'the Event of the end' },
      );
      expect(events.map(({ reason }) => reason).sort()).toEqual(['EmergencyBegun', 'EmergencyOver']);
      const token = await cluster().serviceAccountToken('outrigger-system', 'outrigger');
      const credentials = createCredentials({ kubeconfig: await cluster().writeKubeconfig('keeper', { token }) });
      const problems: string[] = [];
      const keeper = new EmergencyKeeper({
        cluster: new ClusterObjects(createConnection(credentials)),
        leadership: { leads: true, start: () => {}, need: () => {}, onLead: () => {} },
        // The clock of a later day.
        now: () => Date.now() + 7_200_000,
        after: () => () => {},
        onProblem: ({ message }) => void problems.push(message),
      });
      const place = { kind: 'Emergency', namespace: 'edge', name: 'short' };
      const source = { ...place, apiVersion: emergency.apiVersion, object: made as JsonObject, origin: place };
      keeper.apply({ upserts: [source], removals: [] });
      await waitFor(async () => (await api.call('GET', `${path}/short`)).status === 404 || undefined, {
        what: 'the removal of what is over',
      });
      expect(problems).toEqual([]);
    });

    test('the other replica goes on where the leader stops', async () => {
      const first = await leader();
      const leading = replicas.find(({ name }) => first.startsWith(`${name}_`));
      expect(leading).toBeDefined();
      await leading?.stop('SIGTERM');
      await cluster().api.must('POST', routes, route('late', 'front'));
      await accepted('late', 'True');
      const second = await leader();
      expect(replicas.find(({ name }) => second.startsWith(`${name}_`))?.running).toBe(true);
    });

    test('an Ingress repeats the address of the gateway', async () => {
      const { api } = cluster();
      const services = '/api/v1/namespaces/edge/services';
      const spec = { type: 'LoadBalancer', selector: { istio: 'ingressgateway' }, ports: [{ port: 80 }] };
      await api.must('POST', services, { metadata: { name: 'front' }, spec });
      const merge = { contentType: 'application/merge-patch+json' };
      const status = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } };
      await api.call('PATCH', `${services}/front/status`, { ...merge, body: { status } });
      const ingresses = '/apis/networking.k8s.io/v1/namespaces/edge/ingresses';
      const backend = { service: { name: 'front', port: { number: 80 } } };
      await api.must('POST', ingresses, {
        metadata: { name: 'web' },
        spec: { ingressClassName: 'outrigger', defaultBackend: backend },
      });
      const shown = await waitFor(
        async () => {
          const { body } = await api.call('GET', `${ingresses}/web`);
          const found = body as { status?: { loadBalancer?: { ingress?: unknown[] } } };
          return found.status?.loadBalancer?.ingress;
        },
        { what: 'the status of the Ingress' },
      );
      expect(shown).toMatchObject([{ ip: '203.0.113.9' }]);
    });
  });
}
