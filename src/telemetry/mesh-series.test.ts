import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { type MeshFacts, MeshSeries } from './mesh-series.ts';
import { registerProcess } from './process-series.ts';
import { WireSeries } from './wire-series.ts';

const facts: MeshFacts = {
  ...{ services: 3, virtualServices: 2, gateways: 1, snapshotAt: 4_000, queued: 5 },
  proxies: { synced: 7, nacked: 1 },
  rootEndsAt: 9_999_000,
  certificates: { issued: 11, failed: 0, held: 8, firstEndsAt: 8_000_000 },
};
const values = async (registry: Registry) => {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
};

test('the mesh under our names and under those that dashboards ask for, twice the same', async () => {
  const registry = new Registry();
  const series = new MeshSeries(
    registry,
    () => facts,
    () => 10_000,
  );
  series.changed({ upserts: [{ kind: 'Service' }, { kind: 'VirtualService' }], removals: ['Pod x/y'] });
  await registry.metrics();
  expect(Object.fromEntries(await values(registry))).toEqual({
    pilot_services: 3,
    pilot_virt_services: 2,
    outrigger_gateways: 1,
    outrigger_snapshot_age_seconds: 6,
    outrigger_push_queue_length: 5,
    citadel_server_root_cert_expiry_timestamp: 9999,
    outrigger_root_expiry_timestamp_seconds: 9999,
    outrigger_workload_certificates: 8,
    outrigger_workload_certificate_first_expiry_timestamp_seconds: 8000,
    outrigger_certificates_issued_total: 11,
    citadel_server_success_cert_issuance_count: 11,
    outrigger_certificates_failed_total: 0,
    'outrigger_proxies{state="synced"}': 7,
    'outrigger_proxies{state="nacked"}': 1,
    'pilot_k8s_cfg_events{type="VirtualService",event="update"}': 1,
    'pilot_k8s_reg_events{type="Service",event="update"}': 1,
    'pilot_k8s_reg_events{type="Pod",event="delete"}': 1,
    'pilot_push_triggers{type="service"}': 1,
    'pilot_push_triggers{type="config"}': 1,
    'pilot_push_triggers{type="endpoint"}': 1,
  });
});

test('what is not known yet has no value', async () => {
  const registry = new Registry();
  const empty = { ...facts, rootEndsAt: undefined, certificates: { ...facts.certificates, firstEndsAt: undefined } };
  new MeshSeries(
    registry,
    () => empty,
    () => 10_000,
  );
  const names = [...(await values(registry)).keys()];
  expect(names.filter((name) => name.includes('expiry'))).toEqual([]);
});

test("streams, pushes and rejections in Istio's words", async () => {
  const registry = new Registry();
  const series = new WireSeries(registry);
  series.streams(1, 'delta');
  series.response('cluster', 2, 500);
  series.rejection('listener');
  series.queued(3);
  series.pushed(4);
  series.converged(20);
  series.ended('OR2008');
  series.ended('OR1901');
  const seen = await values(registry);
  expect([...['pilot_xds', 'pilot_total_xds_internal_errors'].map((name) => seen.get(name))]).toEqual([1, 1]);
  expect(seen.get('pilot_xds_pushes{type="cds"}')).toBe(1);
  expect(seen.get('pilot_xds_pushes{type="eds"}')).toBe(0);
  expect(seen.get('pilot_total_xds_rejects{type="lds"}')).toBe(1);
  expect(seen.get('pilot_xds_config_size_bytes_sum{type="cds"}')).toBe(500);
  expect(seen.get('pilot_proxy_queue_time_sum')).toBeCloseTo(0.003);
  expect(seen.get('pilot_xds_push_time_count')).toBe(1);
  expect(seen.get('pilot_proxy_convergence_time_sum')).toBeCloseTo(0.02);
});

test('the process: the lag of its event loop, CPU and memory, and its version', async () => {
  const registry = new Registry();
  registerProcess(registry, '1.2.3');
  const seen = await values(registry);
  expect(seen.get('istio_build{component="pilot",tag="1.2.3"}')).toBe(1);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_p99_seconds'])
    expect(seen.get(name), name).toBeGreaterThanOrEqual(0);
});
