import Fastify from 'fastify';
import supertest from 'supertest';
import { expect, test } from 'vitest';
import { Metrics } from '../telemetry/metrics.ts';
import { healthPlugin } from './health.ts';
import { metricsPlugin } from './metrics-route.ts';

test('ready only when no check has a problem, and says which has', async () => {
  let problem: string | undefined = 'the first listing is under way';
  const app = Fastify();
  await app.register(
    healthPlugin([
      { name: 'source', problem: () => problem, notes: () => ['a.yaml:3:1 is broken'] },
      { name: 'certificate', problem: () => undefined },
    ]),
  );
  await app.ready();
  const client = supertest(app.server);
  await client.get('/healthz/live').expect(200, { live: true });
  const waiting = await client.get('/healthz/ready').expect(503);
  expect(waiting.body).toEqual({
    ready: false,
    checks: [
      { name: 'source', ok: false, problem, notes: ['a.yaml:3:1 is broken'] },
      { name: 'certificate', ok: true },
    ],
  });
  problem = undefined;
  await client.get('/healthz/ready').expect(200);
  await app.close();
});

test('metrics: outcomes, reasons, latency, patch bytes, expiry, reloads, and the names of Istio', async () => {
  const metrics = new Metrics();
  const sample = { outcome: 'injected', reason: 'pod_label', error: undefined, patchBytes: 5000, durationMs: 0.3 };
  metrics.admission(sample);
  metrics.admission({ ...sample, outcome: 'skipped', reason: 'host_network', patchBytes: 0 });
  metrics.admission({ ...sample, outcome: 'rejected', reason: '', error: { code: 'OR1002' }, patchBytes: 0 });
  metrics.certificateExpiry('leaf', new Date(1_900_000_000_000));
  metrics.configReload(2, true);
  const app = Fastify();
  await app.register(metricsPlugin(metrics));
  await app.ready();
  const { text } = await supertest(app.server)
    .get('/metrics')
    .expect(200)
    .expect('content-type', /text\/plain/);
  for (const line of [
    'outrigger_admission_requests_total{outcome="injected"} 1',
    'outrigger_admission_decisions_total{reason="host_network"} 1',
    'outrigger_admission_errors_total{code="OR1002"} 1',
    'outrigger_admission_duration_seconds_bucket{le="0.00025"} 0',
    'outrigger_admission_duration_seconds_bucket{le="0.0005"} 3',
    'outrigger_admission_patch_bytes_bucket{le="8192"} 1',
    'outrigger_certificate_expiry_timestamp_seconds{certificate="leaf"} 1900000000',
    'outrigger_config_problems 2',
    'outrigger_config_reload_failures_total 1',
    'sidecar_injection_requests_total 3',
    'sidecar_injection_success_total 1',
    'sidecar_injection_failure_total 1',
    'sidecar_injection_skip_total 1',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  await app.close();
});

test('reasons beyond any closed set do not grow the metrics for ever', async () => {
  const metrics = new Metrics();
  for (let index = 0; index < 500; index++) {
    metrics.admission({ outcome: 'skipped', reason: `r${index}`, error: undefined, patchBytes: 0, durationMs: 0 });
  }
  const text = await metrics.registry.metrics();
  expect(text.match(/^outrigger_admission_decisions_total\{/gm)).toHaveLength(101);
  expect(text).toContain('outrigger_admission_decisions_total{reason="other"} 400');
});
