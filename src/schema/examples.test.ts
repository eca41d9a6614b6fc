import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject, type JsonObject } from '../model/json.ts';
import { kinds } from './kinds.ts';
import { printPath, type Segment } from './problem.ts';
import { validate } from './validate.ts';

/** The manifests that users bring; they stand beside the checkout. */
const shared = join(import.meta.dirname, '../../../shared');
const known: readonly string[] = kinds.map((kind) => kind.kind);

interface Example {
  readonly file: string;
  readonly object: JsonObject;
}

function readExamples(folder: string): Example[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
  return files.flatMap((file) =>
    parseAllDocuments(readFileSync(join(folder, file), 'utf8'))
      .map((document): unknown => document.toJS())
      .filter(isObject)
      .filter((object) => known.includes(String(object.kind)) && String(object.apiVersion).includes('istio.io'))
      .map((object) => ({ file, object })),
  );
}

const examples = ['examples', 'samples'].flatMap((name) => readExamples(join(shared, name)));
const expectedWarnings: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '001-06-destinationrule.yaml': [['OR1653', 'spec.trafficPolicy.outlierDetection.consecutiveErrors']],
  '003-07-destinationrule.yaml': [['OR1653', 'spec.trafficPolicy.outlierDetection.consecutiveErrors']],
  '003-15-virtualservice.yaml': [['OR1654', 'spec']],
};

describe.skipIf(examples.length === 0)('the manifests that users bring', () => {
  test.each(examples)('$file $object.kind is taken as it is', ({ file, object }) => {
    const { value, problems } = validate(object);
    expect(problems.map(({ code, path }) => [code, path])).toEqual(expectedWarnings[file] ?? []);
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(value).toEqual(object.spec === undefined ? { ...object, spec: {} } : object);
  });

  test.each(examples)('$file $object.kind: one wrong value is one problem at its place', ({ object }) => {
    const warned = new Set(validate(object).problems.map((problem) => problem.path));
    for (const path of leavesOf(object.spec, ['spec'])) {
      const mutant = structuredClone(object);
      replace(mutant, path, { wrong: true });
      const found = validate(mutant).problems.filter((problem) => !warned.has(problem.path));
      const at = printPath(path);
      const expected = warned.has(at) ? [] : [['error', at]];
      expect(found.map(({ severity, path }) => [severity, path])).toEqual(expected);
    }
  });

  test.each(examples)('$file $object.kind: a misspelt field is one warning that knows better', ({ object }) => {
    const { spec, ...rest } = object;
    for (const field of Object.keys(isObject(spec) ? spec : {})) {
      const { [field]: value, ...others } = spec as JsonObject;
      const found = validate({ ...rest, spec: { ...others, [`${field}x`]: value } }).problems;
      const warnings = found.filter((problem) => problem.code === 'OR1643');
      expect(warnings.map(({ path, message }) => [path, message.endsWith(`did you mean ${field}?`)])).toEqual([
        [`spec.${field}x`, true],
      ]);
    }
  });
});

function leavesOf(value: unknown, path: readonly Segment[]): (readonly Segment[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, item]) =>
    leavesOf(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function replace(object: JsonObject, path: readonly Segment[], value: JsonObject): void {
  const [last = '', ...above] = [...path].reverse();
  const holder = above.reverse().reduce<Record<Segment, unknown>>((holder, segment) => {
    return holder[segment] as Record<Segment, unknown>;
  }, object);
  holder[last] = value;
}
