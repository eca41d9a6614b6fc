import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findEmbeddedPod } from '../../src/inject/review/workload-object.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { type GoldenCase, injectCase, readCases, readDocuments, settingsOf } from './cases.ts';
import { deviations, notOurs } from './deviations.ts';
import { mutations } from './mutations.ts';
import { meaningOf, type PodMeaning } from './normalise.ts';

const present = existsSync(new URL('../../../shared/istio-inject/cases.json', import.meta.url));
if (!present) console.warn("istio-inject: skipped, Istio's cases are not beside this checkout");

const all = present ? readCases() : [];
const compared = all.filter((one) => notOurs[one.name] === undefined);

interface Pair {
  readonly ours: JsonObject;
  readonly golden: JsonObject;
  readonly extraEnv: readonly string[];
}

/** Injected pods beside the golden ones, in the order of the documents. */
function pairs(one: GoldenCase): Pair[] {
  const golden = readDocuments(one.golden ?? '');
  const extraEnv = Object.keys(settingsOf(one).mesh.defaultConfig['proxyMetadata'] ?? {});
  return injectCase(one).flatMap(({ outcome }, index) => {
    const expected = findEmbeddedPod(golden[index] ?? {});
    if (outcome === undefined || expected === undefined) {
      expect(outcome).toBe(expected);
      return [];
    }
    return [
      {
        ours: outcome.pod as unknown as JsonObject,
        golden: expected.pod as unknown as JsonObject,
        extraEnv: [...extraEnv, 'FOO'],
      },
    ];
  });
}

/** The names of the fields that differ in meaning. */
function differences(ours: PodMeaning, golden: PodMeaning): string[] {
  const left = withoutSeccomp(ours);
  return Object.keys(golden).filter(
    (field) => !same(left[field as keyof PodMeaning], golden[field as keyof PodMeaning]),
  );
}

/** One deviation of all cases, stricter on purpose: seccomp RuntimeDefault, which Pod Security `restricted` needs. */
function withoutSeccomp(meaning: PodMeaning): PodMeaning {
  const strip = (value: unknown) => {
    const { seccompProfile: _gone, ...rest } = (value ?? {}) as JsonObject;
    return value === null ? null : rest;
  };
  return { ...meaning, initSecurity: strip(meaning.initSecurity), proxySecurity: strip(meaning.proxySecurity) };
}

function same(a: unknown, b: unknown): boolean {
  try {
    expect(a).toEqual(b);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!present)("Istio's injection cases, by meaning", () => {
  test('74 cases, six of which need what is not ours', () => {
    expect(all.length).toBe(74);
    expect(compared.length).toBe(68);
  });

  test.each(compared.filter((one) => one.expectError !== undefined))('$name is refused', (one) => {
    expect(() => injectCase(one)).toThrow(new RegExp(one.expectError ?? '', 'i'));
  });

  test.each(compared.filter((one) => one.golden !== null))('$name', (one) => {
    for (const { ours, golden, extraEnv } of pairs(one)) {
      const left = meaningOf(ours, extraEnv);
      const right = meaningOf(golden, extraEnv);
      const expected = deviations[one.name]?.fields ?? [];
      const found = differences(left, right);
      for (const field of found.filter((name) => !expected.includes(name))) {
        expect(withoutSeccomp(left)[field as keyof PodMeaning], field).toEqual(right[field as keyof PodMeaning]);
      }
    }
  });

  test.each(compared.filter((one) => one.golden !== null && deviations[one.name] === undefined))(
    'each compared field of $name turns it red when it changes',
    (one) => {
      for (const { ours, golden, extraEnv } of pairs(one)) {
        const expected = meaningOf(golden, extraEnv);
        if (!expected.injected) continue;
        for (const [field, mutate] of Object.entries(mutations)) {
          const mutant = structuredClone(ours);
          if (mutate(mutant) === 'not here') continue;
          expect(differences(meaningOf(mutant, extraEnv), expected), `${field} was changed`).toContain(field);
        }
      }
    },
  );

  test('every compared field has a mutation', () => {
    const first = pairs(all.find((one) => one.name === 'hello.yaml') ?? (all[0] as GoldenCase))[0];
    expect(Object.keys(mutations).sort()).toEqual(Object.keys(meaningOf(first?.ours ?? {}, [])).sort());
  });

  test('at least 95 % are equal, each other one has its reason and does differ', () => {
    const differing = compared.filter((one) => deviations[one.name] !== undefined);
    expect(1 - differing.length / compared.length).toBeGreaterThanOrEqual(0.95);
    for (const one of differing) {
      const found = pairs(one).flatMap(({ ours, golden, extraEnv }) =>
        differences(meaningOf(ours, extraEnv), meaningOf(golden, extraEnv)),
      );
      expect(new Set(found), one.name).toEqual(new Set(deviations[one.name]?.fields));
    }
  });
});
