import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { buildInjector } from '../src/inject/build-injector.ts';
import { rememberInjections } from '../src/inject/remembering.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../src/inject/review/settings.ts';
import { Admitter } from '../src/inject/webhook-admit.ts';
import type { ClusterFacts } from '../src/model/pod.ts';
import { reviewOf, reviewText } from './reviews.ts';
import { type Row, timed } from './table.ts';

export const benchFacts: ClusterFacts = {
  namespace: (name) => ({ name, labels: { 'istio-injection': 'enabled' }, annotations: {} }),
  fetchNamespace: async () => undefined,
  nodes: () => [{ name: 'node', kubeletVersion: 'v1.36.3' }],
  synced: true,
};

export function benchInjector() {
  const read = (name: string) => readFileSync(new URL(`../templates/${name}`, import.meta.url), 'utf8');
  const settings = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
  return buildInjector(settings, {
    sidecar: read('injection/sidecar.yaml'),
    gateway: read('injection/gateway.yaml'),
    bootstrap: read('bootstrap/envoy.yaml'),
  });
}

export function benchAdmitter() {
  const injector = rememberInjections(benchInjector(), 1000);
  const admitter = new Admitter({
    injector,
    facts: benchFacts,
    onOutcome: () => {},
    now: () => performance.now(),
    lookupTimeoutMs: 1000,
    onFault: (error) => {
      throw error;
    },
  });
  return { admitter, injector };
}

/**
 * The admission flow in process, from the text of a review to the text of its answer, beside a bare
 * JSON.parse + JSON.stringify of the same text. Productpage as a 1.36 API server sends it.
 */
export function benchInject(): Row[] {
  const text = reviewText();
  const { admitter } = benchAdmitter();
  const seen = reviewOf(text, 0);
  const many = Array.from({ length: 10_000 }, (_, index) => reviewOf(text, index + 1));
  for (let i = 0; i < 2000; i++) admitter.admit(many[i] ?? '', '');
  const bare = timed(20_000, () => JSON.stringify(JSON.parse(seen)));
  const warm = timed(20_000, () => admitter.admit(seen, ''));
  let at = 0;
  const random = Array.from({ length: 10_000 }, () => Math.floor(Math.random() * many.length));
  const cold = timed(10_000, () => admitter.admit(many[random[at++ % random.length] ?? 0] ?? '', ''));
  return [
    { what: 'bare JSON.parse + JSON.stringify', measured: `${bare.toFixed(1)} µs`, floor: '' },
    {
      what: 'review of a workload seen before',
      measured: `${warm.toFixed(1)} µs = ${(warm / bare).toFixed(1)} x bare`,
      floor: '<= 8 x',
    },
    {
      what: 'review at first sight, 10,000 workloads',
      measured: `${cold.toFixed(1)} µs = ${(cold / bare).toFixed(1)} x bare`,
      floor: '<= 20 x',
    },
  ];
}
