import type { TSchema } from 'typebox';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { isObject } from '../model/json.ts';
import { buildCrd } from './crd.ts';
import { readCrdFiles, renderCrdFiles } from './generate-crds.ts';
import { kinds } from './kinds.ts';
import { keywordsOf, valuesOf } from './walk.ts';

test('manifests/crds holds what the code says (npm run crds)', () => {
  expect([...readCrdFiles()]).toEqual([...renderCrdFiles()].sort(([a], [b]) => (a < b ? -1 : 1)));
});

test('the YAML says what was built', () => {
  expect([...renderCrdFiles().values()].map((text): unknown => parse(text))).toEqual(kinds.map(buildCrd));
});

test.each(kinds)('$kind fits the annotation of kubectl apply (256 KiB)', (kind) => {
  expect(JSON.stringify(buildCrd(kind)).length).toBeLessThan(256 * 1024 - 2048);
});

test('names, versions and columns are as users of Istio know them', () => {
  const rows = kinds.map((kind) => [
    `${kind.plural}.${kind.group}`,
    kind.shortNames.join(),
    kind.versions.join(),
    kind.columns.map((column) => column.name).join(),
  ]);
  const all = 'v1,v1beta1,v1alpha3';
  expect(rows).toEqual([
    ['virtualservices.networking.istio.io', 'vs', all, 'Gateways,Hosts,Age'],
    ['destinationrules.networking.istio.io', 'dr', all, 'Host,Age'],
    ['gateways.networking.istio.io', 'gw', all, ''],
    ['serviceentries.networking.istio.io', 'se', all, 'Hosts,Location,Resolution,Age'],
    ['sidecars.networking.istio.io', '', all, ''],
    ['workloadentries.networking.istio.io', 'we', all, 'Age,Address'],
    ['workloadgroups.networking.istio.io', 'wg', all, 'Age'],
    ['peerauthentications.security.istio.io', 'pa', 'v1,v1beta1', 'Mode,Age'],
    ['authorizationpolicies.security.istio.io', 'ap,authz', 'v1,v1beta1', 'Action,Age'],
    ['requestauthentications.security.istio.io', 'ra', 'v1,v1beta1', ''],
    ['telemetries.telemetry.istio.io', 'telemetry', 'v1,v1alpha1', 'Age'],
    ['envoyfilters.networking.istio.io', '', 'v1alpha3', 'Age'],
    ['proxyconfigs.networking.istio.io', '', 'v1beta1', ''],
    ['ratelimits.outrigger.io', '', 'v1alpha1', 'Age'],
    ['emergencies.outrigger.io', '', 'v1alpha1', 'Level,TTL,Reason,Age'],
  ]);
});

test.each(kinds)('$kind describes every field', (kind) => {
  const bare: string[] = [];
  const visit = (schema: TSchema, path: string): void => {
    const keywords = keywordsOf(schema);
    for (const [name, field] of Object.entries(keywords.properties ?? {})) {
      if ((keywordsOf(field).description ?? '') === '') bare.push(`${path}.${name}`);
      visit(field, `${path}.${name}`);
    }
    if (keywords.items !== undefined) visit(keywords.items, `${path}[]`);
    const values = valuesOf(keywords);
    if (values !== undefined) visit(values, `${path}{}`);
  };
  visit(kind.spec, 'spec');
  expect(bare).toEqual([]);
});

test.each(kinds)('$kind: every message keeps what it does not know, at any depth', (kind) => {
  const pruned: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (!isObject(node)) return;
    if (node.properties !== undefined && node['x-kubernetes-preserve-unknown-fields'] !== true) pruned.push(path);
    for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
  };
  const { spec } = buildCrd(kind);
  const versions = isObject(spec) && Array.isArray(spec.versions) ? spec.versions : [];
  expect(versions.length).toBe(kind.versions.length);
  for (const version of versions) {
    const schema = isObject(version) && isObject(version.schema) ? version.schema.openAPIV3Schema : undefined;
    const properties = isObject(schema) ? schema.properties : undefined;
    visit(isObject(properties) ? properties.spec : undefined, 'spec');
  }
  expect(pruned).toEqual([]);
});
