import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SourceObject } from '../../source/object-source.ts';
import { slotOf } from '../network/slot.ts';
import { deriveView } from './cluster-view.ts';
import { defaultObjects } from './default-objects.ts';
import { desiredPods } from './desired-pods.ts';
import type { PlacedPod } from './endpoint-slices.ts';
import { buildPod } from './pod-object.ts';
import { ServiceAddresses } from './service-addresses.ts';

function objectOf(text: string, namespace = 'shop'): SourceObject {
  const object = parse(text);
  const place = { kind: object.kind, namespace, name: object.metadata.name };
  return { apiVersion: object.apiVersion, ...place, object, origin: place };
}

const deployment = (replicas: number, image = 'one') =>
  objectOf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: ${replicas}
  template:
    metadata: {labels: {app: web}, annotations: {playground.outrigger.dev/command: "exec sleep 1"}}
    spec: {containers: [{name: web, image: ${image}}]}`);

describe('pods of workloads', () => {
  test('of a Deployment have names as in a cluster, the same in each run', () => {
    const pods = desiredPods(deployment(2));
    const names = pods.map(({ name }) => name);
    expect(names[0]).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{9}-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(new Set(names).size).toBe(2);
    expect(desiredPods(deployment(2)).map(({ name }) => name)).toEqual(names);
    expect(desiredPods(deployment(1)).map(({ name }) => name)).toEqual(names.slice(0, 1));
    expect(desiredPods(deployment(2, 'two'))[0]?.name).not.toBe(names[0]);
    expect(pods[0]?.owner).toMatchObject({ kind: 'ReplicaSet', name: names[0]?.slice(0, -6), controller: true });
  });

  test('of a StatefulSet are numbered and have a name in DNS', () => {
    const set = objectOf(
      'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 2, serviceName: db, template: {}}',
    );
    expect(desiredPods(set).map(({ name, subdomain }) => [name, subdomain])).toEqual([
      ['db-0', 'db'],
      ['db-1', 'db'],
    ]);
  });

  test('are handed to the webhook as the API server would', () => {
    const [desired] = desiredPods(deployment(1));
    if (desired === undefined) throw new Error('no pod');
    const pod = buildPod(desired, { nodeName: 'playground', now: new Date(0) });
    expect(pod.metadata).toMatchObject({
      namespace: 'shop',
      creationTimestamp: '1970-01-01T00:00:00Z',
      labels: { app: 'web', 'pod-template-hash': expect.any(String) },
    });
    expect(pod.spec).toMatchObject({ serviceAccountName: 'default', nodeName: 'playground', restartPolicy: 'Always' });
    expect(pod.spec.containers[0]?.command).toEqual(['sh', '-c', 'exec sleep 1']);
  });
});

describe('what follows from services and pods', () => {
  const pod = (name: string, changes: Partial<PlacedPod> = {}): PlacedPod => ({
    ...{ namespace: 'shop', name, uid: name, ip: `10.244.1.${name.at(-1)}`, labels: { app: 'web' } },
    ...{ nodeName: 'playground', ready: true, terminating: false, hostname: '', subdomain: '' },
    ...{ namedPorts: { http: 8080 }, ...changes },
  });
  const service = (spec: string) =>
    objectOf(`apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ${spec}}`);
  const port = 'ports: [{name: http, port: 80, targetPort: http}]';
  const view = (spec: string, pods: PlacedPod[]) =>
    deriveView({ services: [service(spec)], nodes: [], pods, domain: 'cluster.local' });

  test('a service with an address: its ready pods, a named port by what each pod calls so', () => {
    const pods = [pod('a1'), pod('a2', { namedPorts: { http: 9090 } }), pod('a3', { ready: false })];
    const { rules, slices, zone } = view(`clusterIP: 10.96.1.1, ${port}`, [...pods, pod('b4', { labels: {} })]);
    expect(rules).toEqual([
      {
        address: '10.96.1.1',
        protocol: 'tcp',
        port: 80,
        targets: [
          { ip: '10.244.1.1', port: 8080 },
          { ip: '10.244.1.2', port: 9090 },
        ],
      },
    ]);
    expect(slices.map(({ name, object }) => [name, object['ports'], object['endpoints']])).toMatchObject([
      ['web-0', [{ name: 'http', port: 8080 }], [{ conditions: { ready: true } }, { conditions: { ready: false } }]],
      ['web-1', [{ name: 'http', port: 9090 }], [{ targetRef: { name: 'a2' } }]],
    ]);
    expect(zone.get('web.shop.svc.cluster.local')).toEqual({ addresses: ['10.96.1.1'] });
    expect(zone.get('_http._tcp.web.shop.svc.cluster.local')).toBeDefined();
  });

  test('a headless one: names of pods, no rules', () => {
    const { rules, zone } = view(`clusterIP: None, ${port}`, [pod('a1', { hostname: 'web-0', subdomain: 'web' })]);
    expect(rules).toEqual([]);
    for (const name of ['web', 'web-0.web', '10-244-1-1.web'])
      expect(zone.get(`${name}.shop.svc.cluster.local`)).toEqual({ addresses: ['10.244.1.1'] });
  });

  test('an ExternalName is an alias', () => {
    const { zone } = view('type: ExternalName, externalName: Example.com', []);
    expect(zone.get('web.shop.svc.cluster.local')).toEqual({ alias: 'example.com' });
  });
});

test('services get an address that stays', () => {
  const addresses = new ServiceAddresses(slotOf(0));
  const text = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {}';
  const ipOf = (name: string) => {
    const placed = addresses.place(objectOf(text.replace('web', name)));
    return (placed.object['spec'] as { clusterIP: string }).clusterIP;
  };
  const all = Array.from({ length: 3000 }, (_, index) => ipOf(`s${index}`));
  expect(new Set(all).size).toBe(3000);
  expect(ipOf('s7')).toBe(all[7]);
  const headless = objectOf(text.replace('{}', '{clusterIP: None}'));
  expect(addresses.place(headless)).toBe(headless);
});

test('what a cluster has by itself: a node, namespaces, accounts', () => {
  const given = objectOf('{apiVersion: v1, kind: Namespace, metadata: {name: shop}}', '');
  const made = defaultObjects(new Map([['Namespace /shop', given]]));
  expect(made.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)).toEqual([
    'Node /playground',
    'Namespace /default',
    'ServiceAccount default/default',
    'Namespace /kube-system',
    'ServiceAccount kube-system/default',
    'ServiceAccount shop/default',
  ]);
});
