import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServicePage, ServiceRow } from '../../src/dashboard/api-types.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';

/** Whoever asks a gateway for hosts that nobody has: what is counted does not grow by what they think of. */
const envoy = findRequirements();
const sample = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../manifests/samples/bookinfo', name), 'utf8');
const open = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: open, namespace: default}
spec:
  selector: {istio: ingressgateway}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: open, namespace: default}
spec:
  hosts: ["*"]
  gateways: [open]
  http: [{match: [{uri: {exact: /here}}], directResponse: {status: 200}}]
`;

describe.skipIf(envoy === undefined)('strangers at a gateway', () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    const manifests = {
      'namespaces.yaml': sample('namespaces.yaml'),
      'gateway.yaml': sample('ingress-gateway.yaml'),
      'open.yaml': open,
    };
    mesh = await startMesh({ envoy: envoy ?? '', manifests, forwards: { 80: 0 } });
  });
  afterAll(() => mesh?.stop());

  const ask = (host: string, path: string) =>
    new Promise<number>((resolve, reject) => {
      const to = { host: '127.0.0.1', port: mesh.playground.forwards.get(80), path, headers: { host } };
      get(to, (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      }).once('error', reject);
    });
  const counted = async () => {
    const { ip } = mesh.pod('istio-ingress/istio-ingressgateway');
    const body = await (await fetch(`http://${ip}:15090/stats/prometheus?usedonly`)).text();
    return body.split('\n').filter((line) => line.startsWith('istio_requests_total{'));
  };

  test('a hundred names are one series, which says that it is of nobody', async () => {
    await until('the gateway answers', async () => (await ask('known.example', '/here')) === 200 || undefined, 20);
    for (let at = 0; at < 100; at += 1) expect(await ask(`h${at}.stranger.example`, '/nowhere')).toBe(404);
    const [lost, ...others] = (await counted()).filter((line) => line.includes('response_code="404"'));
    expect(others).toEqual([]);
    expect(lost).toContain('response_flags="NR"');
    for (const label of ['service', 'service_name', 'service_namespace', 'workload'])
      expect(lost).toContain(`destination_${label}="unknown"`);
    expect(lost).toMatch(/ 100$/);
  });

  test('the page of its service: what it has carried, where it listens and what goes through it', async () => {
    const api = async <T>(path: string) =>
      (await (await fetch(`${mesh.control().dashboardUrl}/api/${path}`)).json()) as T;
    const row = await until(
      'it is counted',
      async () => {
        await ask('known.example', '/here');
        const rows = await api<readonly ServiceRow[]>('services');
        return rows.find(({ name, signals }) => name === 'istio-ingressgateway' && signals.requestsPerSecond > 0);
      },
      30,
    );
    expect(row.health.state).toBe('healthy');
    const page = await api<ServicePage>('services/istio-ingress/istio-ingressgateway');
    expect(Math.max(...page.signals.requests.values.map((value) => value ?? 0))).toBeGreaterThan(0);
    expect(page.policies).toMatchObject([
      { kind: 'Gateway', name: 'open', effect: 'where it listens: 80 (HTTP)' },
      { kind: 'VirtualService', name: 'open', effect: 'where requests for * go' },
    ]);
  });
});
