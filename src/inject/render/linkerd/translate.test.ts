import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inject, podOf } from '../../../../test/injector-fixture.ts';
import type { Container } from '../../../model/pod.ts';
import { linkerdCatalogue } from './catalogue.ts';
import { inIstiosWords } from './translate.ts';

const key = (name: string) => `config.linkerd.io/${name}`;

/** The proxy of a pod with these annotations, the capture rules for IPv4 and the warnings. */
function injected(pod: Record<string, string>, namespace: Record<string, string> = {}) {
  const outcome = inject(podOf(pod), { annotations: namespace });
  const all: Container[] = [...(outcome.pod.spec.initContainers ?? []), ...outcome.pod.spec.containers];
  return {
    proxy: all.find(({ name }) => name === 'istio-proxy'),
    rules: outcome.rules?.v4 ?? '',
    warnings: outcome.warnings,
    annotations: outcome.pod.metadata.annotations ?? {},
  };
}

describe('what the annotations do', () => {
  test('resources, all of them, on the pod before its namespace', () => {
    const { proxy, warnings } = injected(
      { [key('proxy-cpu-request')]: '50m', [key('proxy-memory-limit')]: '64Mi' },
      { [key('proxy-cpu-request')]: '1', [key('proxy-ephemeral-storage-limit')]: '1Gi' },
    );
    expect(proxy?.['resources']).toEqual({
      requests: { cpu: '50m' },
      limits: { memory: '64Mi', 'ephemeral-storage': '1Gi' },
    });
    expect(warnings).toEqual([]);
  });

  test('ports that are skipped, ranges too', () => {
    const { rules } = injected({
      [key('skip-inbound-ports')]: '4000-4002',
      [key('skip-outbound-ports')]: '25, 3306',
    });
    for (const port of [4000, 4001, 4002]) expect(rules).toContain(`--dport ${port} -j RETURN`);
    expect(rules).not.toContain('--dport 4003 ');
    for (const port of [25, 3306]) expect(rules).toContain(`--dport ${port} -j RETURN`);
  });

  test("Istio's annotation on the pod wins", () => {
    const { rules } = injected({
      [key('skip-inbound-ports')]: '4000',
      'traffic.sidecar.istio.io/excludeInboundPorts': '5000',
    });
    expect(rules).toContain('--dport 5000 -j RETURN');
    expect(rules).not.toContain('--dport 4000 ');
  });

  test('the application waits, the level of the log, the time to stop', () => {
    const { proxy, warnings } = injected({
      [key('proxy-await')]: 'enabled',
      [key('proxy-log-level')]: 'linkerd=debug,warn',
      [key('shutdown-grace-period')]: '20s',
      'config.beta.linkerd.io/proxy-enable-native-sidecar': 'false',
    });
    const lifecycle = JSON.stringify(proxy?.['lifecycle']);
    expect(lifecycle).toContain('"wait"');
    expect(lifecycle).toContain('"drain","20"');
    expect(proxy?.['restartPolicy']).toBeUndefined();
    expect(JSON.stringify(proxy?.args)).toContain('"--log-level","warning"');
    expect(warnings).toEqual([]);
  });

  test('nothing of the translation stays on the pod', () => {
    const asked = { [key('skip-inbound-ports')]: '4000', [key('proxy-cpu-request')]: '50m' };
    const { annotations } = injected(asked);
    expect(Object.keys(annotations).filter((name) => /traffic\.sidecar|proxyCPU/.test(name))).toEqual([]);
    expect(annotations).toMatchObject(asked);
  });
});

describe('what has no effect is told, and refuses no pod', () => {
  test.each([
    ['proxy-cpu-request', 'abc', /"abc" has no effect; write a quantity/],
    ['proxy-ephemeral-storage-limit', '-1', /has no effect; write a quantity/],
    ['skip-inbound-ports', '1-65535', /at most 500 ports/],
    ['skip-inbound-ports', '70000', /at most 500 ports/],
    ['skip-outbound-ports', 'http', /at most 500 ports/],
    ['proxy-await', 'true', /enabled or disabled/],
    ['proxy-log-level', 'linkerd=info', /a level such as/],
    ['proxy-log-level', 'constructor', /a level such as/],
    ['shutdown-grace-period', 'soon', /a duration such as/],
    ['default-inbound-policy', 'deny', /until then everybody may call/],
    ['opaque-ports', '3306', /on Services only/],
    ['skip-inbound-port', '1', /did you mean config.linkerd.io\/skip-inbound-ports/],
    ['__proto__', '1', /is unknown/],
  ])('%s: %s', (name, value, told) => {
    const { proxy, warnings, rules } = injected({ [key(name)]: value });
    const plain = injected({});
    expect(warnings).toEqual([expect.stringMatching(told)]);
    expect({ proxy: proxy?.['resources'], rules }).toEqual({ proxy: plain.proxy?.['resources'], rules: plain.rules });
  });

  test('a thousand of them are twenty lines and a sum', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [key(`x${n}`), '']));
    expect(injected(many).warnings).toHaveLength(21);
  });

  test('no value throws or is taken for another', () => {
    const name = fc.constantFrom(...Object.keys(linkerdCatalogue));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (annotations) => {
        const pod = podOf(annotations);
        const namespace = { name: 'shop', labels: {}, annotations: {} };
        const { request, warnings } = inIstiosWords({ pod, namespace, nodes: [] });
        expect(request.pod.metadata.annotations).toMatchObject(annotations);
        expect(warnings.length).toBeLessThanOrEqual(21);
      }),
    );
  });
});
