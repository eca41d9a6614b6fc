import { expect, test } from 'vitest';
import { countTests } from '../.ci/count.ts';

const file = (status: string, ...states: string[]) => ({
  status,
  assertionResults: states.map((state) => ({ status: state })),
});

test.each([
  ['nothing', [], [0, 0, 0]],
  ['each state', [file('failed', 'passed', 'failed', 'skipped', 'todo', 'pending', 'passed')], [2, 1, 3]],
  ['several files', [file('passed', 'passed'), file('passed', 'passed', 'skipped')], [2, 0, 1]],
  ['a file that could not be loaded', [file('failed'), file('passed', 'passed')], [1, 1, 0]],
  ['a hook that threw', [file('failed', 'skipped', 'skipped')], [0, 1, 2]],
])('%s', (_name, testResults, expected) => {
  const { passed, failed, skipped } = countTests({ testResults });
  expect([passed, failed, skipped]).toEqual(expected);
});

test.each([[null], [{}], [{ testResults: [{}] }], [{ testResults: [{ assertionResults: [null] }] }]])(
  '%j is no report',
  (report) => {
    expect(() => countTests(report)).toThrow();
  },
);
