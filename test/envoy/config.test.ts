import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { caseNames, configOfCase, deliveries } from '../config-cases.ts';
import { findEnvoy } from './binary.ts';
import { bootstrapOf } from './static-bootstrap.ts';

/** The real Envoy takes every golden configuration. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cases = caseNames.flatMap((name) => deliveries.map((delivery) => [name, delivery] as const));

test.skipIf(envoy === undefined).each(cases)('%s, %s', (name, delivery) => {
  const secrets = join(folder, 'sds.yaml');
  writeFileSync(secrets, 'resources: []\n');
  const path = join(folder, 'bootstrap.json');
  writeFileSync(path, JSON.stringify(bootstrapOf(configOfCase(name, delivery), secrets)));
  const args = ['-c', path, '--mode', 'validate', '-l', 'error'];
  const { status, stdout, stderr } = spawnSync(envoy ?? '', args, { encoding: 'utf8' });
  expect(`${status} ${stderr}${stdout}`).toMatch(/^0 .*OK/s);
});
