import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { admissionDoubts } from '../../src/analysis/admission-doubts.ts';
import { defaultConfig } from '../../src/app/config.ts';
import { meshSettings } from '../../src/app/mesh/mesh-settings.ts';
import { patchDoubts } from '../../src/app/patch-doubts.ts';
import { Registry } from '../../src/registry/registry.ts';
import { kinds } from '../../src/schema/kinds.ts';
import { validationPlugin } from '../../src/validation/validation-plugin.ts';
import { type OddCase, oddCase, randomFrom } from './odd-values.ts';
import { casesOf, world } from './proofs.ts';

/**
 * One odd value in a resource that is whole otherwise, as the API server asks about it: never a fault, and a refusal names the
 * place. Another seed: OUTRIGGER_SEED. More of each kind: OUTRIGGER_MUTATIONS.
 */
const seed = Number(process.env['OUTRIGGER_SEED'] ?? 20_261_122);
const turns = Number(process.env['OUTRIGGER_MUTATIONS'] ?? 150);

const faults: unknown[] = [];
const app = Fastify();

beforeAll(async () => {
  const registry = new Registry({ domainSuffix: 'cluster.local', rootNamespaces: ['istio-system'] });
  registry.apply({ upserts: world, removals: [] });
  const ofMesh = admissionDoubts({
    ...{ snapshot: () => registry.snapshot, settings: meshSettings(defaultConfig()), now: () => 0, budgetMs: 100 },
  });
  await app.register(
    validationPlugin({
      doubts: (object, namespace) => [...patchDoubts(object, namespace), ...ofMesh(object, namespace)],
      ...{ bodyLimit: 1_000_000, onOutcome: () => undefined, onFault: (error) => void faults.push(error) },
    }),
  );
});
afterAll(() => app.close());

async function ask({ subject }: OddCase) {
  const { apiVersion, namespace, name, object } = subject;
  const whole = { ...object, apiVersion, metadata: { name, namespace } };
  const request = { uid: 'u', operation: 'CREATE', namespace, object: whole };
  const payload = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request };
  const answer = await app.inject({ method: 'POST', url: '/validate', payload });
  return { status: answer.statusCode, response: answer.json().response };
}

/**
 * By its place, a part of that, or what that is a part of (of things that must differ the later one is told); where two fields
 * contradict each other, the other one is told, with the name of this one.
 */
function isNamed(message: string, path: string): boolean {
  const told = [...message.matchAll(/(?:^|[\s;])(spec[^\s:]*(?:\["[^"]*"\][^\s:]*)*):/g)].map(
    ([, found = '']) => found,
  );
  const alike = (text: string) => text.replace(/\[\d+\]/g, '[]');
  const isWithin = (inner: string, outer: string) => alike(inner).startsWith(alike(outer));
  if (told.some((found) => isWithin(found, path) || isWithin(path, found))) return true;
  const names = path.match(/[A-Za-z]+/g)?.slice(1) ?? [];
  const words = told.reduce((text, found) => text.replace(found, ''), message);
  return names.some((name) => new RegExp(`\\b${name}\\b`).test(words));
}

test.each(kinds.map(({ kind }) => kind))('an odd value in a %s is let in or refused with its place', async (kind) => {
  const random = randomFrom(seed);
  const cases = casesOf(kind);
  const unnamed: string[] = [];
  let refused = 0;
  for (let turn = 0; turn < turns; turn++) {
    const candidate = cases[turn % cases.length];
    if (candidate === undefined) throw new Error(`there are no cases of ${kind}`);
    const odd = oddCase(candidate, random);
    const { status, response } = await ask(odd);
    expect([odd.name, status, faults]).toEqual([odd.name, 200, []]);
    if (response.allowed === true) continue;
    refused++;
    if (!isNamed(response.status.message, odd.path)) unnamed.push(`${odd.name}: ${response.status.message}`);
  }
  expect(unnamed).toEqual([]);
  expect(refused).toBeGreaterThan(0);
});
