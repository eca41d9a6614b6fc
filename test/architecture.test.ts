import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Who may import whom, as the design draws it: arrows point one way. A folder may always import itself.
 * `inject/*` are the stages of the admission flow, in order.
 */
const allowed: Record<string, readonly string[]> = {
  'error-catalogue': [],
  errors: ['error-catalogue'],
  model: ['errors'],
  schema: ['errors', 'model'],
  dialects: ['errors', 'model', 'schema', 'source'],
  registry: ['errors', 'model', 'schema', 'source', 'dialects'],
  'ir/types': ['errors', 'model'],
  policy: ['errors', 'model', 'schema', 'registry', 'ir/types'],
  ir: ['errors', 'model', 'schema', 'registry', 'policy', 'ir/types'],
  analysis: ['errors', 'model', 'schema', 'source', 'registry', 'policy', 'ir/types', 'learning'],
  validation: ['errors', 'model', 'schema', 'policy', 'inject'],
  xds: ['errors', 'model', 'ir/types'],
  wire: ['errors', 'model', 'telemetry', 'xds'],
  discovery: [
    'errors',
    'model',
    'schema',
    'identity',
    'telemetry',
    'registry',
    'policy',
    'ir',
    'ir/types',
    'xds',
    'wire',
  ],
  machines: ['errors', 'model', 'schema', 'source'],
  learning: ['errors', 'model', 'identity', 'schema'],
  dns: ['errors', 'model', 'ir/types', 'policy'],
  interception: ['errors', 'model'],
  identity: ['errors', 'model'],
  telemetry: ['errors', 'model'],
  documents: ['errors', 'model'],
  emergency: ['errors', 'model', 'schema', 'source', 'registry', 'policy'],
  install: ['errors', 'model', 'schema', 'identity'],
  source: ['errors', 'model', 'schema', 'telemetry'],
  'inject/review': ['errors', 'model', 'schema'],
  'inject/decision': ['errors', 'model', 'schema', 'inject/review'],
  'inject/render': ['errors', 'model', 'schema', 'interception', 'inject/review', 'inject/decision'],
  'inject/patch': ['errors', 'model', 'schema', 'interception', 'inject/review', 'inject/decision', 'inject/render'],
  inject: [
    'errors',
    'model',
    'schema',
    'interception',
    'telemetry',
    'inject/review',
    'inject/decision',
    'inject/render',
    'inject/patch',
  ],
  preview: ['errors', 'model', 'documents', 'inject', 'inject/review', 'inject/decision', 'inject/patch'],
  http: ['errors', 'model', 'telemetry', 'identity'],
  'cluster-access': ['errors', 'model', 'source'],
  operate: ['errors', 'model', 'schema', 'source', 'registry', 'policy', 'ir', 'ir/types'],
  observe: ['errors', 'model'],
  migrate: ['errors', 'model', 'schema', 'source', 'registry', 'policy', 'inject/render'],
  dashboard: [
    'errors',
    'model',
    'schema',
    'source',
    'documents',
    'telemetry',
    'http',
    'identity',
    'registry',
    'policy',
    'ir/types',
    'analysis',
    'operate',
    'observe',
    'emergency',
  ],
  cli: [
    'cluster-access',
    'dashboard',
    'operate',
    'observe',
    'migrate',
    'errors',
    'model',
    'schema',
    'interception',
    'identity',
    'source',
    'telemetry',
    'inject',
    'inject/review',
    'inject/decision',
    'http',
    'install',
    'emergency',
    'documents',
    'preview',
    'registry',
    'policy',
    'ir',
    'ir/types',
    'xds',
    'wire',
    'discovery',
    'playground',
    'learning',
    'machines',
    'analysis',
    'app',
  ],
  app: [
    'errors',
    'model',
    'schema',
    'interception',
    'identity',
    'source',
    'telemetry',
    'inject',
    'inject/review',
    'inject/decision',
    'http',
    'install',
    'documents',
    'preview',
    'registry',
    'policy',
    'ir',
    'ir/types',
    'xds',
    'wire',
    'discovery',
    'dns',
    'learning',
    'machines',
    'analysis',
    'validation',
    'observe',
    'dashboard',
    'emergency',
  ],
  playground: ['errors', 'model', 'schema', 'interception', 'identity', 'source', 'telemetry', 'documents', 'registry'],
  main: ['errors', 'app', 'cli'],
};

const root = resolve(import.meta.dirname, '../src');
const files = list(root).filter((file) => /\.ts$/.test(file));
const sources = files.filter((file) => !file.endsWith('.test.ts'));

function list(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? list(path) : [path];
  });
}

function layerOf(file: string): string {
  const path = relative(root, file);
  const known = Object.keys(allowed).filter((layer) => path === `${layer}.ts` || path.startsWith(`${layer}/`));
  return known.sort((a, b) => b.length - a.length)[0] ?? `unlisted:${path}`;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)];
  return found.map((match) => resolve(dirname(file), match[1] ?? ''));
}

test('imports follow the arrows of the design', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const from = layerOf(file);
    if (from.startsWith('unlisted')) wrong.push(`${from}: add its folder to the list of layers`);
    for (const target of importsOf(file).filter((path) => path.startsWith(root))) {
      const to = layerOf(target);
      if (to !== from && !allowed[from]?.includes(to))
        wrong.push(`${relative(root, file)} (${from}) -> ${relative(root, target)} (${to})`);
    }
  }
  expect(wrong).toEqual([]);
});

test('there is no import cycle', () => {
  const graph = new Map(sources.map((file) => [file, importsOf(file).filter((path) => path.startsWith(root))]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) {
      cycles.push([...trail.slice(trail.indexOf(file)), file].map((path) => relative(root, path)).join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  expect(cycles).toEqual([]);
});

test('modules are small: 400 lines at most, median at most 100', () => {
  const sizes = sources.map((file) => ({
    file: relative(root, file),
    lines: readFileSync(file, 'utf8').split('\n').length - 1,
  }));
  expect(sizes.filter((size) => size.lines > 400)).toEqual([]);
  const sorted = sizes.map((size) => size.lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
});

test('no file is called utils or helpers, and every name is kebab-case', () => {
  const names = files.map((file) => relative(root, file).split('/').at(-1) ?? '');
  expect(
    names.filter((name) => /^(utils?|helpers?)\./.test(name) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(name)),
  ).toEqual([]);
});
