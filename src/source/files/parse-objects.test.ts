import { expect, test } from 'vitest';
import { cpuMs } from '../../../test/cpu-time.ts';
import { parseObjects } from './parse-objects.ts';

test('values are read as kubectl reads them', () => {
  const text = 'apiVersion: v1\nkind: X\na: [0400, yes, 12:30:45, 2026-01-01]\nb: {<<: {x: 1}, y: 2}\n';
  expect(parseObjects(text, 'f.yaml').objects[0]?.object).toMatchObject({
    a: [256, true, '12:30:45', '2026-01-01'],
    b: { x: 1, y: 2 },
  });
});

test('as many keys as a file may hold are read in time; one that is there twice is found with its place', () => {
  const keys = Array.from({ length: 60_000 }, (_, index) => `  k${index}: a\n`).join('');
  const text = `apiVersion: v1\nkind: ConfigMap\ndata:\n${keys}`;
  const begin = cpuMs();
  expect(parseObjects(text, 'f.yaml').objects.length).toBe(1);
  expect(cpuMs() - begin).toBeLessThan(3000);
  const [problem] = parseObjects(`${text}  k5: b\n`, 'f.yaml').problems;
  expect(problem?.message).toMatch(/^OR1601 f\.yaml:60004:3: DUPLICATE_KEY/);
});
