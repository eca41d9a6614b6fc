import { expect, test } from 'vitest';
import type { RootReport } from '../identity/rotation/root-report.ts';
import { machinesLine } from './root-text.ts';

const report = (machines: readonly string[] | undefined, proxies: readonly string[]) => ({
  replica: 'one',
  report: {
    ...{ instance: '', ready: true, roots: [], serving: '', unpublished: [], workloads: [] },
    ...(machines === undefined ? {} : { machines }),
    proxies: proxies.map((proxy) => ({ proxy }) as RootReport['proxies'][number]),
  },
});

test('machines whose proxies are connected are named once, in order', () => {
  const line = machinesLine([
    report(['a/one', 'a/two', 'a/gone'], ['a/two', 'a/web']),
    report(['a/one', 'a/two', 'a/gone'], ['a/one', 'a/two']),
    { replica: 'two', report: 'silent' },
  ]);
  expect(line).toMatch(/^Machines a\/one, a\/two: .*root-cert\.pem/);
});

test.each([[undefined], [[]], [['a/gone']]])('of %j there is nothing to say', (machines) => {
  expect(machinesLine([report(machines, ['a/web'])])).toBeUndefined();
});
