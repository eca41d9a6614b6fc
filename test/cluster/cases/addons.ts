import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeRoot } from '../../../src/identity/make-certificates.ts';
import { buildManifests } from '../../../src/install/build-manifests.ts';
import { defaultManifestOptions } from '../../../src/install/manifest-options.ts';
import { printManifests } from '../../../src/install/print-manifests.ts';
import { waitFor } from '../child.ts';
import { deleteManifest, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';

const addons = join(import.meta.dirname, '../../../manifests/addons');
const namespace = 'outrigger-system';
const names = ['grafana', 'jaeger', 'otel-collector', 'prometheus'];

interface Container {
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}
interface Pod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly Container[] };
}
interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports: readonly { readonly port: number; readonly targetPort: number | string }[];
  };
}

/** `kubectl apply -k manifests/addons`, beside what `install` deploys. */
export function addonCases(cluster: () => Cluster): void {
  describe('the addons', () => {
    let manifest = '';
    const apply = () => cluster().kubectl(['apply', '--validate=strict', '-k', addons]);
    const list = async <T>(kind: string): Promise<T[]> =>
      JSON.parse((await cluster().kubectl(['get', kind, '-n', namespace, '-o', 'json'])).stdout).items;
    beforeAll(async () => {
      const caPem = (await makeRoot(new Date())).certificatePem;
      manifest = printManifests(buildManifests({ ...defaultManifestOptions, caPem }), 'yaml');
      await cluster().kubectl(['apply', '-f', '-'], { input: manifest });
    });
    afterAll(async () => {
      await cluster().kubectl(['delete', '--ignore-not-found', '-k', addons]);
      await deleteManifest(cluster(), manifest);
    });

    test('the API server takes every field; a second apply changes nothing', async () => {
      const first = await apply();
      expect([first.code, first.stderr]).toEqual([0, '']);
      const again = await apply();
      for (const line of again.stdout.trim().split('\n')) expect(line).toMatch(/ unchanged$/);
    });

    test('each has its pod: Pod Security of the namespace takes them', async () => {
      const app = ({ metadata }: Pod) => metadata.labels?.['app.kubernetes.io/name'] ?? '';
      const found = await waitFor(
        async () => {
          const { items = [] } = await cluster().api.must('GET', podsPath(namespace));
          const there = (items as unknown as Pod[]).map(app).filter((name) => names.includes(name));
          return new Set(there).size === names.length ? there : undefined;
        },
        { what: 'a pod of each addon' },
      );
      expect([...new Set(found)].sort()).toEqual(names);
    });

    test('each port of a Service leads to a port of a pod, each address in them to a port of a Service', async () => {
      const pods = await list<Pod>('pods');
      const services = await list<Service>('services');
      const own = services.filter(({ spec }) => spec.selector?.['app.kubernetes.io/name'] !== undefined);
      expect(own.map(({ metadata }) => metadata.name).sort()).toEqual([
        ...['grafana', 'jaeger-collector', 'otel-collector', 'prometheus', 'tracing'],
      ]);
      for (const { metadata, spec } of own) {
        const behind = pods.filter(({ metadata: { labels } }) =>
          Object.entries(spec.selector ?? {}).every(([key, value]) => labels?.[key] === value),
        );
        const open = behind.flatMap((pod) => pod.spec.containers.flatMap(({ ports = [] }) => ports));
        const known = new Set(open.flatMap(({ name, containerPort }) => [name, containerPort]));
        for (const { targetPort } of spec.ports) expect([...known], metadata.name).toContain(targetPort);
      }
      const maps = await list<{ readonly data: unknown }>('configmaps');
      const texts = JSON.stringify(maps.map(({ data }) => data));
      const named = [...texts.matchAll(/([a-z-]+)\.outrigger-system(?:\.svc[.a-z]*)?:(\d+)/g)];
      const ports = (name = '') =>
        services.find(({ metadata }) => metadata.name === name)?.spec.ports.map(({ port }) => port) ?? [];
      expect(named.map(([, name]) => name).sort()).toEqual(['jaeger-collector', 'prometheus']);
      for (const [, name, port] of named) expect(ports(name)).toContain(Number(port));
    });

    test('Prometheus finds the control plane by its label and port, and may reach it', async () => {
      const maps = await list<{ readonly data: Readonly<Record<string, string>> }>('configmaps');
      const text = maps.find(({ data }) => data['prometheus-config.yaml'] !== undefined)?.data[
        'prometheus-config.yaml'
      ];
      const jobs: {
        job_name: string;
        relabel_configs: { action?: string; source_labels?: string[]; regex?: string }[];
      }[] = parse(text ?? '').scrape_configs;
      const kept = (label: string) =>
        jobs
          .find(({ job_name }) => job_name === 'outrigger-control-plane')
          ?.relabel_configs.find(
            ({ action, source_labels }) => action === 'keep' && source_labels?.[0]?.endsWith(label),
          )?.regex;
      const pods = (await list<Pod>('pods')).filter(({ metadata }) => metadata.labels?.['app'] === kept('_label_app'));
      expect(pods.length).toBeGreaterThan(0);
      const port = Number(kept('_container_port_number'));
      for (const { spec } of pods)
        expect(spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort))).toContain(
          port,
        );
      const policies = await list<{
        readonly spec: { readonly ingress?: readonly { readonly ports?: readonly { readonly port: number }[] }[] };
      }>('networkpolicies');
      expect(policies.length).toBeGreaterThan(0);
      for (const { spec } of policies)
        expect(spec.ingress?.some(({ ports }) => ports === undefined || ports.some((one) => one.port === port))).toBe(
          true,
        );
      const dashboards = Object.keys(maps.find(({ data }) => data['mesh.json'] !== undefined)?.data ?? {});
      expect(dashboards.sort()).toEqual([
        'control-plane.json',
        'mesh.json',
        'proxy-cost.json',
        'service.json',
        'workload.json',
      ]);
    });
  });
}
