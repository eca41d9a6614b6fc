import { readFileSync } from 'node:fs';

/** What a suite came to. */
export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts the tests of a report that `vitest --reporter=json` wrote. A file that failed without a failed test (it could
 * not be loaded, or a hook threw) counts as one failure. Throws on anything that is no such report.
 */
export function countTests(report: unknown): Count {
  const files = listOf(report, 'testResults');
  let [passed, failed, skipped] = [0, 0, 0];
  for (const file of files) {
    const states = listOf(file, 'assertionResults').map((test) => field(test, 'status'));
    const failedHere = states.filter((state) => state === 'failed').length;
    passed += states.filter((state) => state === 'passed').length;
    failed += failedHere === 0 && field(file, 'status') === 'failed' ? 1 : failedHere;
    skipped += states.filter((state) => state !== 'passed' && state !== 'failed').length;
  }
  return { passed, failed, skipped };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new Error(`no object with ${name}`);
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  if (!Array.isArray(list)) throw new Error(`${name} is no list`);
  return list;
}

/** `node .ci/count.ts REPORT` prints `passed failed skipped`. */
if (import.meta.main) {
  const { passed, failed, skipped } = countTests(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
  console.log(passed, failed, skipped);
}
