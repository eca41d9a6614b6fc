import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Registry } from '../../../src/registry/registry.ts';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { createKubernetesSource, type KubernetesSource } from '../../../src/source/kubernetes/kubernetes-source.ts';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';

const crdsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const space = 'registry';
const serviceId = `${space}/web.${space}.svc.cluster.local`;

const objects = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ${space}}
spec: {ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: ${space}, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.9.9.1], conditions: {ready: true}, zone: z1}]
---
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: web, namespace: ${space}}
spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
`;

/** Objects on the real API server, and the snapshot that follows from them. Runs where the CRDs are not there yet. */
export function registryCases(cluster: () => Cluster): void {
  describe('the registry of a cluster', () => {
    const abort = new AbortController();
    let source: KubernetesSource;
    let registry: Registry;
    let snapshots = 0;
    const problems: string[] = [];
    let ours = false;

    beforeAll(async () => {
      // They are made and deleted here, and their resources would go along.
      const { items: present = [] } = await cluster().api.must('GET', crdsPath);
      if (present.some((item) => /\.(networking|security)\.istio\.io$/.test(item.metadata?.name ?? '')))
        throw new Error('the cluster has CRDs of Istio already: use one without');
      ours = true;
      await makeNamespace(cluster(), space);
      const connection = createConnection(createCredentials({ kubeconfig: cluster().kubeconfig }));
      source = createKubernetesSource({
        ...{ connection, pageSize: 2, mesh: { secretNamespaces: [space] } },
        onProblem: ({ resource, failure }) => problems.push(`${resource}: ${failure.kind}`),
      });
      registry = new Registry({ domainSuffix: 'cluster.local' });
      registry.onSnapshot(() => snapshots++);
      source.onObjects((changes) => registry.apply(changes));
      await source.start(abort.signal);
    });
    afterAll(async () => {
      abort.abort();
      await cluster().api.call('DELETE', `/api/v1/namespaces/${space}`);
      if (ours) await cluster().kubectl(['delete', '-f', crdFolder, '--wait=true', '--ignore-not-found']);
    });
    const apply = (input: string) => cluster().kubectl(['apply', '-f', '-'], { input });
    const until = <T>(what: string, look: () => T | undefined) => waitFor(look, { what });

    test('without the CRDs the rest is there, and each kind is told once', async () => {
      await until('all kinds', () => source.objectsSynced || undefined);
      expect(registry.snapshot.namespaces.has(space)).toBe(true);
      expect(registry.snapshot.services.map((service) => service.name)).toContain('kubernetes');
      expect(problems.filter((problem) => problem.startsWith('virtualservices'))).toEqual(['virtualservices: absent']);
    });

    test('objects that are made become a snapshot, and changes of them the next', async () => {
      const crds = await cluster().kubectl(['apply', '-f', crdFolder]);
      expect(crds.stderr).toBe('');
      await cluster().kubectl(['wait', '--for=condition=Established', '--timeout=60s', '-f', crdFolder]);
      expect((await apply(objects)).stderr).toBe('');
      const [endpoint] = await until('the endpoint', () => registry.snapshot.endpoints.get(serviceId));
      expect(endpoint).toMatchObject({
        address: '10.9.9.1',
        port: 8080,
        servicePort: 'http',
        locality: { zone: 'z1' },
      });
      const [config] = await waitFor(() => nonEmpty(registry.snapshot.virtualServices), {
        what: 'the VirtualService, once its kind is found',
        timeoutMs: 60_000,
      });
      expect(config).toMatchObject({ namespace: space, name: 'web', spec: { hosts: ['web'] } });
      expect(config?.createdAt).toBeGreaterThan(Date.now() - 600_000);
      await apply(objects.replace('10.9.9.1', '10.9.9.2'));
      await until('the other address', () =>
        registry.snapshot.endpoints.get(serviceId)?.find((one) => one.address === '10.9.9.2'),
      );
      await cluster().api.call('DELETE', `/api/v1/namespaces/${space}/services/web`);
      await until('the end of the service', () => !registry.snapshot.endpoints.has(serviceId) || undefined);
      expect(registry.problems()).toEqual([]);
    });

    test('what changes nothing that is read makes no snapshot', async () => {
      const before = snapshots;
      const annotated = await cluster().kubectl([
        'annotate',
        'service',
        'kubernetes',
        'outrigger-test=x',
        '--overwrite',
      ]);
      expect(annotated.code).toBe(0);
      await cluster().kubectl(['annotate', 'service', 'kubernetes', 'outrigger-test-']);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(snapshots).toBe(before);
    });
  });
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
