import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exampleConfig, pages } from '../docs/generate.ts';
import { configKeys, readConfig } from '../src/app/config.ts';
import { checks } from '../src/inject/decision/checks.ts';

test.each(Object.entries(pages))('docs/%s is what its source says (npm run docs)', (name, render) => {
  expect(readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8')).toBe(render());
});

test('each row of a table has the cells of its head', () => {
  for (const render of Object.values(pages)) {
    const tables = render()
      .split('\n\n')
      .map((block) => block.split('\n').filter((line) => line.startsWith('|')));
    for (const [head = '', ...rows] of tables) {
      const cells = (line: string) => line.split(/(?<!\\)\|/).length;
      expect(rows.filter((row) => cells(row) !== cells(head))).toEqual([]);
    }
  }
});

test('the pages name every check and every key', () => {
  for (const check of checks) expect(pages['reasons.md']?.()).toContain(`\`${check.name}\``);
  for (const key of configKeys) expect(pages['configuration.md']?.()).toContain(`| \`${key.path}\` | \`${key.env}\` |`);
});

test('every key of the configuration is described', () => {
  expect(configKeys.filter((key) => key.description === '').map((key) => key.path)).toEqual([]);
});

test('the example of a configuration file is one', () => {
  const config = readConfig({ file: { name: 'example', text: exampleConfig }, env: {}, flags: {}, sets: [] });
  expect([config.log.level, config.injection.proxy.logLevel]).toEqual(['debug', 'info']);
});
