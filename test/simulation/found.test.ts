import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Deliveries } from './deliveries.ts';
import { noCertificates } from './in-memory.ts';
import type { Placed } from './world/make-calls.ts';
import { makeWorld } from './world/make-world.ts';
import type { KubernetesObject, World } from './world/world.ts';

/** What the comparisons have found, each as the smallest mesh that shows it. */
const always = makeWorld(1, noCertificates).filter(({ kind }) => ['Namespace', 'Pod'].includes(kind));

const worldOf = (yaml: string): World => [
  ...always,
  ...parseAllDocuments(yaml).map((document) => document.toJS() as KubernetesObject),
];

const called = (call: Omit<Placed['call'], 'source'>): Placed => ({
  through: 'lazy',
  entry: 'outbound',
  call: { source: '', ...call },
});

/** Where a call goes, for each delivery. */
function placesOf(yaml: string, placed: Placed): string[] {
  const places = (outcome: string) => [...outcome.matchAll(/\\"address\\":\\"([^\\]*)/g)].map(([, place]) => place);
  return [...new Deliveries(worldOf(yaml)).outcomes(placed).values()].map((outcome) => places(outcome).join(' '));
}

const serviceA = `
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: 10.96.0.11, selector: {app: a}, ports: [{name: tls, port: 443}]}
`;

const rulesByName = (...versions: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: a, namespace: default}
spec: {host: a, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: default}
spec:
  hosts: [a, a.test]
  tls:
${versions.map((version) => `  - {match: [{sniHosts: [a.test]}], route: [{destination: {host: a, subset: ${version}}}]}`).join('\n')}
`;

const hello = (sni: string) =>
  called({ destination: { address: '10.96.0.11', port: 443 }, tls: { sni, alpn: [] }, request: 'bytes' });

test('rules by server name hold for a service that has an address, too; others of its names are its own', () => {
  const yaml = `${serviceA}---${rulesByName('v2')}`;
  expect(placesOf(yaml, hello('a.test'))).toEqual(Array(3).fill('10.20.0.2:443'));
  expect(placesOf(yaml, hello('b.test'))).toEqual(Array(3).fill('10.20.0.1:443 10.20.0.2:443'));
});

test('of two rules for one server name the first holds', () => {
  expect(placesOf(`${serviceA}---${rulesByName('v1', 'v2')}`, hello('a.test'))).toEqual(Array(3).fill('10.20.0.1:443'));
});
