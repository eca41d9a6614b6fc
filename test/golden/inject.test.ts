import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Value from 'typebox/value';
import { expect, test } from 'vitest';
import { readTemplateTexts } from '../../src/app/places.ts';
import { joinDocuments, printDocument } from '../../src/documents/print-documents.ts';
import { readDocuments } from '../../src/documents/read-documents.ts';
import { buildInjector } from '../../src/inject/build-injector.ts';
import { injectObject, uninjectObject } from '../../src/inject/object-injection.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../../src/inject/review/settings.ts';
import { describePreview } from '../../src/preview/describe.ts';

/**
 * Golden files of the admission flow: `input.yaml` gives `injected.yaml` (the manifest, as `inject` prints it)
 * and `preview.json` (decision, warnings, rules, bootstrap). `UPDATE_GOLDEN=1` writes them anew.
 */
const folder = join(import.meta.dirname, 'inject');
const cases = readdirSync(folder);
const update = process.env['UPDATE_GOLDEN'] === '1';

const around = {
  injector: buildInjector(
    Value.Default(InjectionSettingsSchema, { nameservers: ['10.96.0.10', 'fd00::a'] }) as InjectionSettings,
    readTemplateTexts(),
  ),
  nodes: [{ name: 'n', kubeletVersion: 'v1.34.0' }],
  namespaceOf: (name: string | undefined) => ({
    name: name ?? 'default',
    labels: { 'istio-injection': 'enabled' },
    annotations: {},
  }),
};

/** The bootstrap is long, escaped text here; preview.json has it as data. */
function withoutBootstrap(manifest: string): string {
  return manifest.replace(/(--config-yaml\n\s+- ).*/g, '$1<bootstrap>');
}

function hold(path: string, text: string): void {
  if (update) writeFileSync(path, text);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(text);
}

test('there are cases, and no stale file', () => {
  expect(cases.length).toBeGreaterThanOrEqual(9);
  for (const name of cases) {
    for (const file of readdirSync(join(folder, name))) {
      const known = ['input.yaml', 'injected.yaml', 'preview.json'].includes(file);
      if (update && !known) rmSync(join(folder, name, file));
      expect(known || update, `${name}/${file}`).toBe(true);
    }
  }
});

test.each(cases)('%s', (name) => {
  const documents = readDocuments(readFileSync(join(folder, name, 'input.yaml'), 'utf8'), 'input.yaml');
  const injected = documents.map((document) => ({ document, ...injectObject(document.object, around) }));
  hold(
    join(folder, name, 'injected.yaml'),
    withoutBootstrap(joinDocuments(injected.map(({ document, after }) => printDocument(document, after)))),
  );
  const previews = injected
    .flatMap(({ results }) => results)
    .map(describePreview)
    .map(({ object: _object, patch: _patch, ...rest }) => rest);
  hold(join(folder, name, 'preview.json'), `${JSON.stringify(previews, null, 2)}\n`);
  for (const { document, after } of injected) expect(uninjectObject(after).after).toEqual(document.object);
});
