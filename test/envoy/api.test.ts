import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { kinds } from '../../src/schema/kinds.ts';
import type { SourceObject } from '../../src/source/object-source.ts';
import { hostileCases } from '../api/hostile.ts';
import { oddCase, randomFrom } from '../api/odd-values.ts';
import { proxiesOf, registryWith, snapshotOf } from '../api/outcome.ts';
import { casesOf, world } from '../api/proofs.ts';
import { findEnvoy } from './binary.ts';
import { bootstrapOf } from './static-bootstrap.ts';
import { selfSigned } from './test-certificates.ts';

/** The real Envoy takes what the proxies of each case of docs/api.md get. */
const envoy = findEnvoy('envoy');
const folder = mkdtempSync(join(tmpdir(), 'outrigger-api-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const { certificate, key } = selfSigned('localhost');
  writeFileSync(at('sds.yaml'), 'resources: []\n');
  writeFileSync(at('certificate.pem'), certificate);
  writeFileSync(at('key.pem'), key);
  writeFileSync(at('index'), '');
  writeFileSync(
    at('ca.cnf'),
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${at('index')}\ndefault_md=sha256\ndefault_crl_days=9\n`,
  );
  const revoking = [
    '-config',
    at('ca.cnf'),
    '-keyfile',
    at('key.pem'),
    '-cert',
    at('certificate.pem'),
    '-out',
    at('crl.pem'),
  ];
  execFileSync('openssl', ['ca', '-gencrl', ...revoking], { stdio: 'pipe' });
});

/** The files that the cases name are not there: Envoy gets ours. */
function withFiles(bootstrap: unknown): string {
  // As ours: long regular expressions are taken.
  const runtime = { layers: [{ name: 'static', static_layer: { 're2.max_program_size.error_level': 32_768 } }] };
  return JSON.stringify({ ...(bootstrap as object), layered_runtime: runtime }, (key, value: unknown) => {
    if (key === 'private_key') return { filename: at('key.pem') };
    if (key === 'filename' && typeof value === 'string' && !/^\/dev\/|key[.]pem$/.test(value)) {
      return at(/crl/.test(value) ? 'crl.pem' : 'certificate.pem');
    }
    return key === 'watched_directory' ? { path: folder } : value;
  });
}

/** What stands in several cases is looked at once. */
const seen = new Set<string>();

/** The answer of Envoy to what it refuses of a mesh; undefined when a document of it was refused before. */
function refusalOf(objects: readonly SourceObject[]): string | undefined {
  const snapshot = snapshotOf([...world, ...objects]);
  return snapshot === undefined ? undefined : refusalOfSnapshot(snapshot);
}

function refusalOfSnapshot(snapshot: Snapshot): string {
  for (const [proxy, resources] of proxiesOf(snapshot)) {
    const bootstrap = withFiles(bootstrapOf(resources, at('sds.yaml')));
    if (seen.has(bootstrap)) continue;
    seen.add(bootstrap);
    writeFileSync(at('bootstrap.json'), bootstrap);
    const args = ['-c', at('bootstrap.json'), '--mode', 'validate', '-l', 'error'];
    const { status, stdout, stderr } = spawnSync(envoy ?? '', args, { encoding: 'utf8' });
    if (status !== 0 || !stdout.includes('OK')) return `${proxy} ${status} ${stderr}${stdout}`;
  }
  return '';
}

describe.skipIf(envoy === undefined).each(kinds.map(({ kind }) => kind))('%s', (kind) => {
  test.each(casesOf(kind))('$name', ({ subject, others }) => {
    expect(refusalOf([...others, subject])).toBe('');
  });

  test('odd values that are accepted are those that Envoy takes', () => {
    const random = randomFrom(20_261_121);
    const cases = casesOf(kind);
    for (let turn = 0; turn < 60; turn++) {
      const candidate = cases[turn % cases.length];
      if (candidate === undefined) throw new Error('there are no cases');
      const { name, objects } = oddCase(candidate, random);
      expect(refusalOf(objects) ?? '', name).toBe('');
    }
  });
});

/** What we keep of them is no reason for Envoy to refuse the whole. */
describe.skipIf(envoy === undefined)('hostile resources', () => {
  test.each(hostileCases)(
    '$does',
    ({ objects }) => expect(refusalOfSnapshot(registryWith([...world, ...objects]).snapshot)).toBe(''),
    120_000,
  );
});
