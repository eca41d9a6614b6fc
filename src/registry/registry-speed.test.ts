import { expect, test } from 'vitest';
import { cpuMs } from '../../test/cpu-time.ts';
import type { JsonObject } from '../model/json.ts';
import type { SourceObject } from '../source/object-source.ts';
import { Registry } from './registry.ts';

function source(kind: string, name: string, object: JsonObject): SourceObject {
  const apiVersion = kind === 'VirtualService' ? 'networking.istio.io/v1' : 'v1';
  const place = { kind, namespace: `ns-${name.length % 3}`, name };
  const metadata = { ...(object.metadata as object), name, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion, ...place, object: { apiVersion, kind, ...object, metadata }, origin: place };
}

const slice = (index: number, first: string) =>
  source('EndpointSlice', `s${index}`, {
    metadata: { labels: { 'kubernetes.io/service-name': `s${index}` } },
    ports: [{ name: 'http', port: 8080 }],
    endpoints: [
      { addresses: [first], targetRef: { kind: 'Pod', name: `s${index}` } },
      { addresses: [`10.2.${index >> 8}.${index & 255}`] },
    ],
  });
const route = (index: number, host: string) =>
  source('VirtualService', `s${index}`, { spec: { hosts: [host], http: [{ route: [{ destination: { host } }] }] } });
const pod = (index: number) =>
  source('Pod', `s${index}`, {
    metadata: { labels: { app: `s${index}`, version: 'v1', 'pod-template-hash': `h${index}`, tier: 'web' } },
    spec: { nodeName: 'n', containers: [{ name: 'app', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { podIP: `10.1.${index >> 8}.${index & 255}` },
  });
const service = (index: number) =>
  source('Service', `s${index}`, {
    spec: { clusterIP: '10.0.0.1', selector: { app: `s${index}` }, ports: [{ name: 'http', port: 80 }] },
  });

/** Milliseconds of processor time for each of some runs: the machine of a test does other things, too. */
function each(runs: number, run: (round: number) => void): number {
  const begin = cpuMs();
  for (let round = 0; round < runs; round++) run(round);
  return (cpuMs() - begin) / runs;
}

test('1,000 services cost less than a second, one change of them a few milliseconds', () => {
  const range = (length: number) => Array.from({ length }, (_, index) => index);
  const upserts = [
    ...range(1000).map(service),
    ...range(2000).map(pod),
    ...range(1000).map((index) => slice(index, `10.1.0.${index & 255}`)),
    ...range(1000).map((index) => route(index, `s${index}`)),
  ];
  let registry = new Registry({ domainSuffix: 'cluster.local' });
  const cold = each(3, () => {
    registry = new Registry({ domainSuffix: 'cluster.local' });
    registry.apply({ upserts, removals: [] });
  });
  expect(registry.snapshot.services).toHaveLength(1000);
  expect(registry.snapshot.endpoints.size).toBe(1000);
  const before = registry.snapshot.number;
  const one = each(100, (round) => registry.apply({ upserts: [slice(500, `10.9.0.${round}`)], removals: [] }));
  const other = each(100, (round) => registry.apply({ upserts: [route(500, `h${round}`)], removals: [] }));
  const added = each(100, (round) => registry.apply({ upserts: [pod(3000 + round)], removals: [] }));
  expect(registry.snapshot.number).toBe(before + 300);
  if (process.env.OUTRIGGER_TIMES !== undefined) console.log({ cold, one, other, added });
  expect(cold).toBeLessThan(1000);
  expect(one).toBeLessThan(4);
  expect(other).toBeLessThan(4);
  expect(added).toBeLessThan(8);
});
