import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { PodFacts } from '../review/request.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../review/settings.ts';
import { checks } from './checks.ts';
import { decide } from './decide.ts';

const defaults = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;

function facts(changes: Partial<PodFacts> = {}, settings: Partial<InjectionSettings> = {}): PodFacts {
  return {
    settings: { ...defaults, ...settings },
    namespace: 'shop',
    hostNetwork: false,
    containerNames: ['app'],
    podLabels: {},
    podAnnotations: {},
    namespaceLabels: {},
    namespaceAnnotations: {},
    ...changes,
  };
}

const enabled = { 'istio-injection': 'enabled' };
const inject = 'sidecar.istio.io/inject';

describe("Istio's truth table, row by row", () => {
  const path = new URL('../../../test/golden/inject-matrix.csv', import.meta.url);
  const rows = readFileSync(path, 'utf8').trim().split('\n').slice(1);

  test('has all its 256 rows', () => expect(rows.length).toBe(256));

  test.each(rows)('%s', (row) => {
    const [injection, namespaceRevision, label, podRevision, plain, byDefault] = row.split(',');
    const given = {
      namespaceLabels: {
        ...(injection ? { 'istio-injection': injection } : {}),
        ...(namespaceRevision ? { 'istio.io/rev': namespaceRevision } : {}),
      },
      podLabels: { ...(label ? { [inject]: label } : {}), ...(podRevision ? { 'istio.io/rev': podRevision } : {}) },
    };
    const asDefault = { revision: 'default', otherRevisions: ['canary'] };
    const asCanary = { revision: 'canary', otherRevisions: ['default'] };
    expect(decide(facts(given, asDefault)).inject).toBe(plain?.startsWith('D:'));
    expect(decide(facts(given, asCanary)).inject).toBe(plain?.startsWith('C:'));
    expect(decide(facts(given, { ...asDefault, enableNamespacesByDefault: true })).inject).toBe(
      byDefault?.startsWith('A:'),
    );
    // The one addition: where the label is free, the annotation stands in for it.
    if (label === 'true' || label === 'false') {
      const { [inject]: _label, ...podLabels } = given.podLabels as Record<string, string>;
      const annotated = { ...given, podLabels, podAnnotations: { [inject]: label } };
      expect(decide(facts(annotated, asDefault)).inject).toBe(plain?.startsWith('D:'));
    }
  });
});

test('the shared truth table is the one that is tested', () => {
  const shared = new URL('../../../../shared/reference/inject-matrix.csv', import.meta.url);
  if (!existsSync(shared)) return;
  const ours = readFileSync(new URL('../../../test/golden/inject-matrix.csv', import.meta.url), 'utf8');
  expect(ours).toBe(readFileSync(shared, 'utf8'));
});

describe('the order of the checks', () => {
  test.each<[string, Partial<PodFacts>, Partial<InjectionSettings>, boolean, string]>([
    ['host network beats the label', { hostNetwork: true, podLabels: { [inject]: 'true' } }, {}, false, 'host_network'],
    [
      'system namespace beats the label',
      { namespace: 'kube-system', podLabels: { [inject]: 'true' } },
      {},
      false,
      'system_namespace',
    ],
    ['our own namespace', { namespace: 'outrigger-system', namespaceLabels: enabled }, {}, false, 'system_namespace'],
    [
      'another mesh',
      { containerNames: ['app', 'linkerd-proxy'], namespaceLabels: enabled },
      {},
      false,
      'foreign_sidecar',
    ],
    [
      'a user proxy is no foreign sidecar',
      { containerNames: ['app', 'istio-proxy'], namespaceLabels: enabled },
      {},
      true,
      'namespace_label',
    ],
    [
      'label false in an enabled namespace',
      { namespaceLabels: enabled, podLabels: { [inject]: 'false' } },
      {},
      false,
      'pod_label',
    ],
    [
      'annotation false in an enabled namespace',
      { namespaceLabels: enabled, podAnnotations: { [inject]: 'false' } },
      {},
      false,
      'pod_annotation',
    ],
    [
      'label true beats annotation false',
      { podLabels: { [inject]: 'true' }, podAnnotations: { [inject]: 'false' } },
      {},
      true,
      'pod_label',
    ],
    [
      'an empty label silences the annotation',
      { namespaceLabels: enabled, podLabels: { [inject]: '' }, podAnnotations: { [inject]: 'false' } },
      {},
      true,
      'namespace_label',
    ],
    ['linkerd on the pod', { podAnnotations: { 'linkerd.io/inject': 'enabled' } }, {}, true, 'linkerd_annotation'],
    [
      'linkerd ingress on the namespace',
      { namespaceAnnotations: { 'linkerd.io/inject': 'ingress' } },
      {},
      true,
      'linkerd_annotation',
    ],
    [
      'linkerd disabled on the pod beats the namespace',
      { podAnnotations: { 'linkerd.io/inject': 'disabled' }, namespaceAnnotations: { 'linkerd.io/inject': 'enabled' } },
      {},
      false,
      'linkerd_annotation',
    ],
    [
      'never selector',
      { namespaceLabels: enabled, podLabels: { job: 'a' } },
      { neverInjectSelector: [{ matchLabels: { job: 'a' } }] },
      false,
      'never_selector',
    ],
    [
      'an empty never selector matches nothing',
      { namespaceLabels: enabled },
      { neverInjectSelector: [{}] },
      true,
      'namespace_label',
    ],
    [
      'a label beats the never selector',
      { namespaceLabels: enabled, podLabels: { job: 'a', [inject]: 'true' } },
      { neverInjectSelector: [{ matchLabels: { job: 'a' } }] },
      true,
      'pod_label',
    ],
    [
      'always beats policy disabled',
      { namespaceLabels: enabled, podLabels: { job: 'a' } },
      { policy: 'disabled', alwaysInjectSelector: [{ matchExpressions: [{ key: 'job', operator: 'Exists' }] }] },
      true,
      'always_selector',
    ],
    [
      'always does not reach a namespace that nobody selected',
      { podLabels: { job: 'a' } },
      { alwaysInjectSelector: [{ matchLabels: { job: 'a' } }] },
      false,
      'not_selected',
    ],
    ['policy disabled', { namespaceLabels: enabled }, { policy: 'disabled' }, false, 'policy'],
    [
      'a tag of this revision',
      { namespaceLabels: { 'istio.io/rev': 'prod' } },
      { tags: { prod: 'default' } },
      true,
      'revision_label',
    ],
    [
      'a tag of another revision',
      { namespaceLabels: { 'istio.io/rev': 'prod' } },
      { tags: { prod: 'canary' }, otherRevisions: ['canary'] },
      false,
      'other_revision',
    ],
    [
      'a revision that nobody serves',
      { namespaceLabels: { 'istio.io/rev': 'prod' } },
      {},
      false,
      'revision_not_installed',
    ],
    [
      'a key of the prototype is no label',
      { namespaceLabels: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
      {},
      false,
      'not_selected',
    ],
  ])('%s', (_name, given, settings, expected, code) => {
    const decision = decide(facts(given, settings));
    expect([decision.inject, decision.decidedBy]).toEqual([expected, code]);
    expect(decision.reasons.map((reason) => reason.check)).toEqual(checks.map((check) => check.name));
  });
});

describe('a misspelt value is said, not swallowed', () => {
  test.each<[string, Partial<PodFacts>, RegExp]>([
    [
      'label True',
      { namespaceLabels: enabled, podLabels: { [inject]: 'True' } },
      /"True" is neither .* did you mean "true"/,
    ],
    ['annotation yes', { podAnnotations: { [inject]: 'yes' } }, /"yes" .* did you mean "true"/],
    ['annotation off', { podAnnotations: { [inject]: 'off' } }, /"off" .* did you mean "false"/],
    ['namespace Enabled', { namespaceLabels: { 'istio-injection': 'Enabled' } }, /Did you mean "enabled"/],
    ['linkerd true', { podAnnotations: { 'linkerd.io/inject': 'true' } }, /"true" is not a value/],
    ['revision unknown', { podLabels: { 'istio.io/rev': 'oops' } }, /"oops"/],
    ['pod revision ignored', { namespaceLabels: enabled, podLabels: { 'istio.io/rev': 'oops' } }, /oops is ignored/],
    [
      'label and annotation disagree',
      { podLabels: { [inject]: 'true' }, podAnnotations: { [inject]: 'false' } },
      /is ignored: the label/,
    ],
  ])('%s', (_name, given, message) => {
    expect(decide(facts(given)).warnings.join('\n')).toMatch(message);
  });
});

test('system namespaces and host network are never injected, whatever else is said', () => {
  const value = fc.constantFrom('true', 'false', 'enabled', 'disabled', 'yes', '', 'default', 'canary');
  const labels = fc.dictionary(fc.constantFrom('istio-injection', 'istio.io/rev', inject, 'linkerd.io/inject'), value);
  fc.assert(
    fc.property(
      labels,
      labels,
      labels,
      labels,
      fc.constantFrom(
        'kube-system',
        'kube-public',
        'kube-node-lease',
        'local-path-storage',
        'outrigger-system',
        'shop',
      ),
      (a, b, c, d, namespace) => {
        const given = facts({
          podLabels: a,
          podAnnotations: b,
          namespaceLabels: c,
          namespaceAnnotations: d,
          namespace,
          hostNetwork: namespace === 'shop',
        });
        expect(decide(given).inject).toBe(false);
      },
    ),
  );
});

describe('an emergency that stops injection', () => {
  const stopped = { name: 'shop/e', until: new Date('2026-11-21T10:15:00Z'), reason: 'INC-7' };

  test('leaves a pod alone that would have been injected, and says until when', () => {
    const decision = decide(facts({ stopped, namespaceLabels: enabled }));
    expect(decision).toMatchObject({ inject: false, decidedBy: 'emergency' });
    expect(decision.message).toBe('The emergency shop/e (INC-7) stops injection until 2026-11-21T10:15:00.000Z.');
    expect(decision.warnings).toHaveLength(1);
  });

  test('has no say about pods that are not of the mesh, and about gateways', () => {
    expect(decide(facts({ stopped })).decidedBy).toBe('not_selected');
    const gateway = { podAnnotations: { 'inject.istio.io/templates': 'gateway' }, namespaceLabels: enabled };
    expect(decide(facts({ stopped, ...gateway })).inject).toBe(true);
  });
});
