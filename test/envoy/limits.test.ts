import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { brokenLimit } from '../../src/xds/limits/broken-limit.ts';
import { missingExtension } from '../../src/xds/limits/extensions.ts';
import { caseNames, configOfCase } from '../config-cases.ts';
import { findEnvoy } from './binary.ts';
import { describeExtensions, extensionsFile, printExtensions } from './generate-extensions.ts';
import { describeLimits, limitsFile, printLimits } from './generate-limits.ts';
import { type LimitSite, limitSites } from './limit-sites.ts';
import { bootstrapOf } from './static-bootstrap.ts';

/** What Envoy refuses by the rules of its own API is found before it is sent; what it takes is not. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-limits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Message = Record<string, unknown>;
type Bootstrap = { static_resources: { clusters: Message[]; listeners: Message[] } };
const types = { clusters: 'envoy.config.cluster.v3.Cluster', listeners: 'envoy.config.listener.v3.Listener' };

function resourcesOf({ static_resources: resources }: Bootstrap): [string, Message][] {
  return (['clusters', 'listeners'] as const).flatMap((key) =>
    resources[key].map((message): [string, Message] => [types[key], message]),
  );
}

function found(bootstrap: Bootstrap): string | undefined {
  for (const [type, message] of resourcesOf(bootstrap)) {
    const broken = brokenLimit(type, message);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

function said(bootstrap: Bootstrap): string {
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify(bootstrap));
  const { status, stderr } = spawnSync(envoy ?? '', ['-c', path, '--mode', 'validate', '-l', 'error'], {
    encoding: 'utf8',
  });
  return status === 0 ? 'OK' : stderr;
}

const cases = caseNames.map((name): [string, Bootstrap, LimitSite[]] => {
  const secrets = join(folder, 'sds.yaml');
  const bootstrap = bootstrapOf(configOfCase(name, 'on-demand'), secrets) as Bootstrap;
  return [name, bootstrap, resourcesOf(bootstrap).flatMap(([type, message]) => limitSites(type, message))];
});

test.each(cases)('%s: what Envoy takes breaks no limit', (_, bootstrap) => {
  expect(found(bootstrap)).toBeUndefined();
});

/** Envoy takes it and divides by it. */
const unchecked = /PreviousPrioritiesConfig update_frequency/;

/** Four of each kind of rule, each at the first place that has it: each costs a start of Envoy. */
const sites = new Map<string, [string, Bootstrap, LimitSite]>();
const kinds = new Map<string, number>();
for (const [, bootstrap, own] of cases)
  for (const site of own) {
    const kind = site.rule.split(' ').at(-1) ?? '';
    const count = kinds.get(kind) ?? 0;
    if (sites.has(site.rule) || unchecked.test(site.rule) || count === 4) continue;
    kinds.set(kind, count + 1);
    sites.set(site.rule, [site.rule, bootstrap, site]);
  }

test.skipIf(envoy === undefined)('limits.json is what the binary says (npm run limits)', () => {
  expect(printLimits(describeLimits(envoy ?? '')) === readFileSync(limitsFile, 'utf8')).toBe(true);
});

test.skipIf(envoy === undefined)('extensions.json is what Envoy says of itself (npm run limits)', async () => {
  expect(printExtensions(await describeExtensions(envoy ?? ''))).toBe(readFileSync(extensionsFile, 'utf8'));
});

test.each(cases)('%s: stock Envoy has all that is used', (_, bootstrap) => {
  for (const [type, message] of resourcesOf(bootstrap)) expect(missingExtension(type, message)).toBeUndefined();
});

test.skipIf(envoy === undefined)('Envoy refuses the extension that is missing', () => {
  const [first] = cases;
  const bootstrap = structuredClone(first?.[1]) as Bootstrap;
  const [listener = {}] = bootstrap.static_resources.listeners;
  const type = 'type.googleapis.com/envoy.extensions.filters.listener.nothing.v3.Nothing';
  listener['listener_filters'] = [{ name: 'nothing', typed_config: { '@type': type } }];
  writeFileSync(join(folder, 'sds.yaml'), 'resources: []\n');
  expect(missingExtension(types.listeners, listener)).toBe('envoy.extensions.filters.listener.nothing.v3.Nothing');
  expect(said(bootstrap)).toMatch(/nothing/);
});

test('there are rules of each kind', () => {
  expect(kinds.size).toBeGreaterThan(8);
});

test.skipIf(envoy === undefined).each([...sites.values()])('%s', (_, bootstrap, site) => {
  writeFileSync(join(folder, 'sds.yaml'), 'resources: []\n');
  const mend = site.break();
  try {
    expect(found(bootstrap), said(bootstrap)).toBeDefined();
    expect(said(bootstrap), found(bootstrap)).not.toBe('OK');
  } finally {
    mend();
  }
});
