import { expect, test } from 'vitest';
import type { ProxyShape } from '../../ir/types/proxy.ts';
import type { TelemetrySideIR } from '../../ir/types/telemetry.ts';
import { eagerHttp, onDemandHttp } from './outbound-http.ts';

const side: TelemetrySideIR = {
  accessLogs: [],
  metrics: [],
  tracing: { sampling: 1, byRequestId: true, propagates: true, tags: [] },
};
const shape: ProxyShape = {
  workload: 'cart',
  namespace: 'shop',
  app: 'cart',
  version: 'v1',
  canonicalService: 'cart',
  canonicalRevision: 'v1',
  cluster: 'Kubernetes',
  interception: 'REDIRECT',
  families: [4],
  telemetry: { calls: side, served: side, collectors: [], origins: [] },
  pathNormalization: 'BASE' as const,
  protocolDetectionTimeoutMs: 0,
};

interface Manager {
  readonly typed_config: { readonly http_filters: readonly { name: string; typed_config: Record<string, unknown> }[] };
}
const filtersOf = (manager: unknown) => (manager as Manager).typed_config.http_filters;
const namesOf = (manager: unknown): string[] => filtersOf(manager).map(({ name }) => name);

/** A matter of security: see test/mesh/first-request.test.ts for what another order lets by. */
test('hosts are loaded before any filter looks at a route, clusters after every filter that may change it', () => {
  const manager = onDemandHttp('80', 'outbound_0.0.0.0_80;', shape);
  const names = namesOf(manager);
  expect(names[0]).toBe('envoy.filters.http.on_demand');
  expect(filtersOf(manager)[0]?.typed_config).not.toHaveProperty('odcds');
  // Behind it stand those alone that leave the route as it is.
  const behind = ['envoy.filters.http.fault', 'outrigger.alpn', 'envoy.filters.http.router'];
  expect(names.slice(-4)).toEqual(['outrigger.on_demand_cluster', ...behind]);
  expect(filtersOf(manager).at(-4)?.typed_config).toHaveProperty('odcds');
  expect(names.filter((name) => name.includes('on_demand'))).toHaveLength(2);
});

test('the other filters are those of a sidecar that has everything', () => {
  const onDemand = namesOf(onDemandHttp('80', 'x;', shape)).filter((name) => !name.includes('on_demand'));
  expect(onDemand.sort()).toEqual(namesOf(eagerHttp('80', 'x;', shape)).sort());
});
