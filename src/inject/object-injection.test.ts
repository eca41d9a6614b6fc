import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../model/json.ts';
import { uninjectObject } from './object-injection.ts';
import { flattenList, listItems } from './review/workload-object.ts';

const status = JSON.stringify({
  initContainers: ['istio-init', 'istio-proxy'],
  containers: null,
  volumes: ['istio-data'],
});
const containers = [{ name: 'hello', image: 'busybox' }];
const injectedSpec = {
  containers,
  initContainers: [{ name: 'istio-init' }, { name: 'istio-proxy' }],
  volumes: [{ name: 'istio-data', emptyDir: {} }],
};

describe('uninjectObject', () => {
  test('a CronJob whose records Istio wrote beside the job template', () => {
    const labels = { 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': 'hello', own: 'kept' };
    const annotations = { 'istio.io/rev': 'default', 'sidecar.istio.io/status': status };
    const jobTemplate = { metadata: { annotations, labels }, spec: { template: { metadata: {}, spec: injectedSpec } } };
    const cronJob = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'x' }, spec: { jobTemplate } };
    const { after, results } = uninjectObject(cronJob as JsonObject);
    expect(after).toEqual({
      ...cronJob,
      spec: { jobTemplate: { metadata: { labels: { own: 'kept' } }, spec: { template: { spec: { containers } } } } },
    });
    expect(results.map(({ changed }) => changed)).toEqual([true]);
  });

  test('a CronJob that was not injected stays as it is', () => {
    const cronJob = { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec: { containers } } } } } };
    expect(uninjectObject(cronJob as JsonObject).after).toBe(cronJob);
  });
});

describe('lists', () => {
  const metadata = { annotations: { 'sidecar.istio.io/status': status } };

  test('items of a PodList need no kind, and get none', () => {
    const list = { apiVersion: 'v1', kind: 'PodList', items: [{ metadata, spec: injectedSpec }] } as JsonObject;
    const { after, results } = uninjectObject(list);
    expect(after).toEqual({ ...list, items: [{ spec: { containers } }] });
    expect(results.map(({ embedded }) => embedded.kind)).toEqual(['Pod']);
    expect(flattenList(list).map((item) => [item['apiVersion'], item['kind']])).toEqual([['v1', 'Pod']]);
  });

  test('a kind that only ends in List, or has no items, is no list', () => {
    expect(listItems({ kind: 'AllowList', items: 'a' })).toBeUndefined();
    expect(listItems({ kind: 'Pod', items: [] })).toBeUndefined();
  });
});
