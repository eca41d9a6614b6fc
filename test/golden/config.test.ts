import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { everythingOf } from '../../src/discovery/everything.ts';
import type { OutboundView } from '../../src/ir/types/view.ts';
import { printOrigin } from '../../src/model/origin.ts';
import { caseNames, casesFolder, configOfCase, deliveries } from '../config-cases.ts';

/**
 * Manifests in, configuration out: what a proxy gets for each case, on demand and eager, and what it is made from.
 * `UPDATE_GOLDEN=1 npx vitest run --project unit test/golden/config.test.ts` writes the files anew.
 */
const update = process.env['UPDATE_GOLDEN'] === '1';

/** The metrics are the same long list everywhere: `stats-log.test.ts` has them. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  if ('name' in value && value.name === 'envoy.access_loggers.stats') return '(metrics)';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
}

function expectGolden(name: string, file: string, value: unknown): void {
  const path = join(casesFolder, name, file);
  const text = stringify(shortened(value), { lineWidth: 0, aliasDuplicateObjects: false });
  if (update) writeFileSync(path, text);
  expect(existsSync(path), `${path}: run with UPDATE_GOLDEN=1`).toBe(true);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

test.each(caseNames)('%s', (name) => {
  for (const delivery of deliveries) {
    const config = configOfCase(name, delivery);
    const resources = everythingOf(config).map(({ type, name: resource, message, origins }) => {
      return { type, name: resource, origins: origins.map(printOrigin), message };
    });
    expectGolden(name, `${delivery}.yaml`, resources);
    if (delivery === 'eager') continue;
    const { view, inbound } = config.parts;
    const shown = (list: OutboundView['ports']) =>
      list.map(({ service, ...port }) => ({ service: service.id, ...port }));
    const bound = view.bound.map(({ entries, ...place }) => ({ ...place, entries: shown(entries) }));
    expectGolden(name, 'ir.yaml', { outbound: { ...view, ports: shown(view.ports), bound }, inbound });
  }
});

test.each(caseNames)('%s: no chain asks for the block of all addresses', (name) => {
  // Beside chains without a block, Envoy takes one of the two by chance.
  for (const delivery of deliveries)
    expect(JSON.stringify(everythingOf(configOfCase(name, delivery)).map(({ message }) => message))).not.toMatch(
      /"prefix_ranges":\[[^\]]*"prefix_len":0[^\]]*\],"destination_port"/,
    );
});

test('every file of the cases is one that is compared', () => {
  const wanted = ['in.yaml', 'ir.yaml', ...deliveries.map((delivery) => `${delivery}.yaml`)].sort();
  for (const name of caseNames) {
    const files = readdirSync(join(casesFolder, name)).sort();
    for (const file of files) if (update && !wanted.includes(file)) rmSync(join(casesFolder, name, file));
    expect(files, name).toEqual(wanted);
  }
});
