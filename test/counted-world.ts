import { parseAllDocuments } from 'yaml';
import { Graphs } from '../src/dashboard/graphs.ts';
import { inventoryOf } from '../src/dashboard/mesh-view.ts';
import { Deliveries, noOtherDeliveries } from '../src/dashboard/pages/deliveries.ts';
import type { World } from '../src/dashboard/pages/world.ts';
import { plaintextCauses } from '../src/dashboard/plaintext-causes.ts';
import { defaultMeshSettings } from '../src/model/mesh-settings.ts';
import { noCounts } from '../src/observe/call-counts.ts';
import { History } from '../src/observe/history.ts';
import { ProxyCounters } from '../src/observe/proxy-counters.ts';
import type { Tallies } from '../src/observe/tally.ts';
import { Registry } from '../src/registry/registry.ts';
import type { SourceObject } from '../src/source/object-source.ts';

export type Labels = Readonly<Record<string, string>>;

/** A line of Envoy's metrics: requests that were counted in the ten seconds that the world is old. */
export function requests(labels: Labels, count: number): string {
  const print = Object.entries(labels).map(([key, text]) => `${key}="${text.replace(/[\\"]/g, '\\$&')}"`);
  return `istio_requests_total{${print.join(',')}} ${count}`;
}

/** What pages are made of, from the manifests of a mesh and what its proxies have counted. */
export function countedWorld(manifests: string, lines: readonly string[] = []): World {
  const objects = parseAllDocuments(manifests).map((document): SourceObject => {
    const object = document.toJS();
    const { name, namespace = '' } = object.metadata;
    const place = { kind: object.kind, namespace, name };
    return { apiVersion: object.apiVersion, ...place, object, origin: place };
  });
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  const mesh: World['mesh'] = {
    snapshot: () => registry.snapshot,
    settled: () => [],
    report: () => ({ instance: '', version: '', now: '', workloads: [], proxies: [] }),
  };
  const history = historyOf(lines);
  const counts = { ...noCounts, within: (ms: number) => history.within(ms) };
  return {
    mesh,
    settings: () => defaultMeshSettings,
    objects: () => objects,
    ...{ problems: () => [], counts, useOf: () => undefined, certificateEnd: () => undefined },
    graphs: new Graphs({
      ...{ counts, inventory: () => inventoryOf(mesh, () => undefined), now: () => 0 },
      causes: () => plaintextCauses({ snapshot: registry.snapshot, settings: defaultMeshSettings }),
    }),
    changes: () => ({ now: 0, since: 0, changes: [] }),
    looks: { look: () => undefined },
    useKnown: async () => undefined,
    deliveries: new Deliveries({ mesh, others: noOtherDeliveries, now: () => 0 }),
  };
}

/** Each series began at 0. */
function historyOf(lines: readonly string[]): History {
  const history = new History();
  const counters = new ProxyCounters();
  counters.take(Buffer.from(lines.map((line) => line.replace(/\d+$/, '0')).join('\n')), new Map());
  const tallies: Tallies = new Map();
  counters.take(Buffer.from(lines.join('\n')), tallies);
  history.push({ start: 0, end: 10_000, tallies });
  return history;
}
