import { readFileSync } from 'node:fs';
import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { systemNamespaces as decided } from '../inject/decision/checks.ts';
import { decide } from '../inject/decision/decide.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../inject/review/settings.ts';
import type { PodView } from './match-conditions.ts';
import { matchingEntries } from './matching-entries.ts';
import { entriesFor, systemNamespaces } from './webhook-configuration.ts';
import type { WebhookEntry } from './webhook-entries.ts';

const inject = 'sidecar.istio.io/inject';
const linkerd = 'linkerd.io/inject';
const revision = 'istio.io/rev';

const rows = readFileSync(new URL('../../test/golden/inject-matrix.csv', import.meta.url), 'utf8')
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line) => line.split(','));

function labels(entries: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).flatMap(([key, value]) => (value ? [[key, value]] : [])));
}

function pod(label: Record<string, string>, annotations: Record<string, string> = {}): PodView {
  return { labels: label, annotations, hostNetwork: false };
}

const named = (letter: string, entries: readonly WebhookEntry[]) =>
  entries.map((entry) => ({ ...entry, prefix: `${letter}:${entry.prefix}` }));

describe("Istio's table of the selectors, row by row", () => {
  const both = [
    ...named('D', entriesFor('default', { namespacesByDefault: false })),
    ...named('C', entriesFor('canary', { namespacesByDefault: false })),
  ];
  const auto = [
    ...named('A', entriesFor('default', { namespacesByDefault: true })),
    ...named('C', entriesFor('canary', { namespacesByDefault: false })),
  ];
  test.each(rows)(
    'namespace %s/%s, pod %s/%s',
    (injection, namespaceRevision, label, podRevision, wanted, byDefault) => {
      const namespace = labels({ 'istio-injection': injection, [revision]: namespaceRevision });
      const view = pod(labels({ [inject]: label, [revision]: podRevision }));
      // `advice` never injects: it tells of a misspelt value.
      const called = (entries: readonly WebhookEntry[]) =>
        matchingEntries(entries, namespace, view)
          .map((entry) => entry.prefix)
          .filter((prefix) => !prefix.endsWith(':advice'));
      expect(called(both)).toEqual(wanted ? [wanted] : []);
      expect(called(auto)).toEqual(byDefault ? [byDefault] : []);
    },
  );
});

const injectValues = [undefined, '', 'true', 'false', 'yes'];
const linkerdValues = [undefined, 'enabled', 'ingress', 'disabled', 'True'];

type Row = Record<string, string | boolean | undefined>;

function product(choices: Record<string, readonly (string | boolean | undefined)[]>): Row[] {
  return Object.entries(choices).reduce<Row[]>(
    (rows, [key, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [key]: value }))),
    [{}],
  );
}

/** All combinations of what selectors and conditions look at; '' is a value, undefined is its absence. */
const combinations = product({
  injection: [undefined, 'enabled', 'disabled'],
  namespaceRevision: [undefined, 'default'],
  namespaceLinkerd: [undefined, 'enabled', 'disabled'],
  label: injectValues,
  podRevision: [undefined, 'default', 'canary'],
  annotation: injectValues,
  podLinkerd: linkerdValues,
  hostNetwork: [false, true],
}).map((row) => ({
  namespaceLabels: defined({
    'istio-injection': row.injection,
    [revision]: row.namespaceRevision,
    'outrigger.io/linkerd-inject': row.namespaceLinkerd,
  }),
  namespaceAnnotations: defined({ [linkerd]: row.namespaceLinkerd }),
  view: {
    labels: defined({ [inject]: row.label, [revision]: row.podRevision }),
    annotations: defined({ [inject]: row.annotation, [linkerd]: row.podLinkerd }),
    hostNetwork: row.hostNetwork === true,
  },
}));

function defined(row: Row): Record<string, string> {
  return Object.fromEntries(Object.entries(row).filter((one): one is [string, string] => typeof one[1] === 'string'));
}

describe.each([false, true])('every combination, namespaces by default: %s', (namespacesByDefault) => {
  const entries = entriesFor('default', { namespacesByDefault });
  const settings = {
    ...(Value.Default(InjectionSettingsSchema, {}) as InjectionSettings),
    enableNamespacesByDefault: namespacesByDefault,
  };
  const all = combinations.map((one) => ({
    ...one,
    called: matchingEntries(entries, one.namespaceLabels, one.view),
    inject: decide({
      settings,
      namespace: 'shop',
      hostNetwork: one.view.hostNetwork,
      containerNames: [],
      podLabels: one.view.labels,
      podAnnotations: one.view.annotations,
      namespaceLabels: one.namespaceLabels,
      namespaceAnnotations: one.namespaceAnnotations,
    }).inject,
  }));

  test('no pod is matched by two entries', () => {
    expect(all.filter((one) => one.called.length > 1)).toEqual([]);
  });

  test('each pod that the decision injects is called for, and fails closed', () => {
    const missed = all.filter((one) => one.inject && !one.called.some((entry) => entry.failurePolicy === 'Fail'));
    expect(missed.map((one) => one.view)).toEqual([]);
  });

  test('a pod in a namespace that never opted in is only held up when it asks itself', () => {
    const heldUp = all.filter(
      (one) =>
        Object.keys(one.namespaceLabels).length === 0 &&
        !namespacesByDefault &&
        one.called.some((entry) => entry.failurePolicy === 'Fail') &&
        !one.inject,
    );
    expect(heldUp.map((one) => one.view)).toEqual([]);
  });

  test('pods on the network of their node are never called for', () => {
    expect(all.filter((one) => one.view.hostNetwork && one.called.length > 0)).toEqual([]);
  });
});

test('the system namespaces are those of the decision', () => {
  expect([...systemNamespaces]).toEqual([...decided]);
});
