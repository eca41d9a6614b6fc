import { expect, test } from 'vitest';
import { defaultConfig } from '../../app/config.ts';
import { decide } from './decide.ts';
import { reasonTexts, reasonVerdicts } from './reason-texts.ts';

const settings = defaultConfig().injection;

/** Every combination of one value of each list. */
function product<T extends Record<string, readonly unknown[]>>(lists: T): { [K in keyof T]: T[K][number] }[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [key, values] of Object.entries(lists)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  return all as { [K in keyof T]: T[K][number] }[];
}

function labels(entries: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entries).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

test('the verdicts of the table are those with which each code decides, no more and no fewer', () => {
  const words = [undefined, 'true', 'false', 'oops'] as const;
  const cases = product({
    place: ['shop', 'kube-system', 'host', 'foreign'],
    injection: [undefined, 'enabled', 'disabled'],
    revision: [undefined, 'default', 'canary', 'oops'],
    podRevision: [undefined, 'default', 'oops'],
    label: words,
    annotation: words,
    linkerd: [undefined, 'enabled', 'disabled'],
    mesh: ['plain', 'never', 'always', 'off', 'by default', 'emergency'],
  });
  const seen: Record<string, Set<string>> = {};
  const selector = [{ matchLabels: { app: 'a' } }];
  for (const { place, injection, revision, podRevision, label, annotation, linkerd, mesh } of cases) {
    const decision = decide({
      settings: {
        ...settings,
        otherRevisions: ['canary'],
        neverInjectSelector: mesh === 'never' ? selector : [],
        alwaysInjectSelector: mesh === 'always' ? selector : [],
        policy: mesh === 'off' ? 'disabled' : 'enabled',
        enableNamespacesByDefault: mesh === 'by default',
      },
      namespace: place === 'kube-system' ? place : 'shop',
      hostNetwork: place === 'host',
      containerNames: place === 'foreign' ? ['app', 'linkerd-proxy'] : ['app'],
      podLabels: labels({ app: 'a', 'sidecar.istio.io/inject': label, 'istio.io/rev': podRevision }),
      podAnnotations: labels({ 'sidecar.istio.io/inject': annotation, 'linkerd.io/inject': linkerd }),
      namespaceLabels: labels({ 'istio-injection': injection, 'istio.io/rev': revision }),
      namespaceAnnotations: {},
      stopped: mesh === 'emergency' ? { name: 'shop/e', until: new Date(0), reason: '' } : undefined,
    });
    const deciding = decision.reasons.find((reason) => reason.verdict !== 'none');
    seen[decision.decidedBy] ??= new Set();
    seen[decision.decidedBy]?.add(deciding?.verdict ?? 'none');
  }
  const sorted = Object.fromEntries(Object.entries(seen).map(([code, verdicts]) => [code, [...verdicts].sort()]));
  expect(sorted).toEqual(reasonVerdicts);
});

test('every text is one sentence', () => {
  for (const text of Object.values(reasonTexts)) expect(text).toMatch(/^[A-Z`][^\n|]+\.$/);
});
