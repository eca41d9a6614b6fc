import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyzers } from '../../src/analysis/analyzers.ts';
import type { Finding } from '../../src/analysis/finding.ts';
import { findingCatalogue } from '../../src/analysis/finding-catalogue.ts';
import { findingsIn } from './findings-in.ts';

/** Each code has a folder: `fires.yaml` has just this to find, `quiet.yaml`, which is nearly the same, nothing. */
const folder = join(import.meta.dirname, 'cases');
const codes = readdirSync(folder).sort();
const world = read(join(import.meta.dirname, 'world.yaml'));
const shared = join(import.meta.dirname, '../../../shared');
const samples = join(import.meta.dirname, '../../manifests/samples');

function read(path: string) {
  return { name: path.split('/').slice(-2).join('/'), text: readFileSync(path, 'utf8') };
}

/** `fires.yaml`, and `fires-<of what>.yaml` where a code has several reasons; so with `quiet`. */
const casesOf = (code: string, name: 'fires' | 'quiet') =>
  readdirSync(join(folder, code))
    .filter((file) => file.startsWith(name))
    .map((file) => read(join(folder, code, file)));
const codesIn = (found: readonly Finding[]) => [...new Set(found.map(({ code }) => code))];

test('every code has its cases and one analyzer', () => {
  expect(codes).toEqual(Object.keys(findingCatalogue).sort());
  expect(analyzers.flatMap((analyzer) => [...analyzer.codes]).sort()).toEqual(codes);
});

test('the world around the cases has nothing to find', async () => {
  expect(await findingsIn([world])).toEqual([]);
});

describe.each(codes)('%s', (code) => {
  test.each(casesOf(code, 'fires'))('fires in $name, and says where and what to do', async (given) => {
    const found = await findingsIn([world, given]);
    expect(codesIn(found)).toEqual([code]);
    for (const { origin, remedy, severity, request } of found) {
      expect(origin.at).toMatch(/\.yaml:\d+:\d+$/);
      expect(remedy.length).toBeGreaterThan(20);
      const entry = Object.entries(findingCatalogue).find(([known]) => known === code)?.[1];
      expect(severity).toBe(entry?.severity);
      if (severity === 'Error') expect(request).toBeDefined();
    }
  });

  test.each(casesOf(code, 'quiet'))('is quiet in $name, where it nearly fires', async (given) => {
    expect(await findingsIn([world, given])).toEqual([]);
  });
});

function yamlFiles(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(path, name));
}

test('nothing is found in our samples, nor in Bookinfo with all of its parts', async () => {
  const files = ['bookinfo', 'config', 'pods'].flatMap((name) => yamlFiles(join(samples, name)));
  expect(files.length).toBeGreaterThan(3);
  for (const path of files) expect([path, await findingsIn([read(path)])]).toEqual([path, []]);
  expect(await findingsIn(yamlFiles(join(samples, 'bookinfo')).map(read))).toEqual([]);
});

/** What manifests of tutorials cannot do as they are written, in Istio either. */
const expected: Readonly<Record<string, readonly string[]>> = {
  '001-01-serviceprofile.yaml': ['OR2572'],
  '001-06-destinationrule.yaml': ['OR1653'],
  '003-03-service-deployment.yaml': ['OR3061'],
  '003-07-destinationrule.yaml': ['OR1653'],
  '003-15-virtualservice.yaml': ['OR1654'],
};

const tutorials = ['examples', 'samples'].flatMap((name) => yamlFiles(join(shared, name)));

test.skipIf(tutorials.length === 0).each(tutorials)('%s has nothing but what its readme says', async (path) => {
  const wanted = expected[path.split('/').at(-1) ?? ''] ?? [];
  expect(codesIn(await findingsIn([read(path)]))).toEqual(wanted);
  // Beside what the tutorial has applied before.
  const isRule = /kind: DestinationRule/.test(read(path).text);
  const around = [join(samples, 'bookinfo/bookinfo.yaml'), join(shared, 'samples/destination-rule-all.yaml')];
  if (!/examples.*(?:000|001|002).*(?:virtual|destination)/.test(path)) return;
  const all = [...around.slice(0, isRule ? 1 : 2).map(read), read(path)];
  expect(codesIn(await findingsIn(all))).toEqual(/host: my-app/.test(read(path).text) ? ['OR3001'] : wanted);
});
