import { benchAdmitter } from './inject.ts';
import { reviewOf, reviewText } from './reviews.ts';
import type { Row } from './table.ts';

/** 200,000 reviews of 10,000 workloads: what stays in memory, measured after a collection, at a quarter and at the end. */
export function benchMemory(): Row[] {
  const { admitter, injector } = benchAdmitter();
  const text = reviewText();
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
  const used = (): number => {
    collect();
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const run = (from: number, to: number) => {
    for (let i = from; i < to; i++) admitter.admit(reviewOf(text, (i * 7919) % 10_000), '');
  };
  run(0, 50_000);
  const quarter = used();
  run(50_000, 200_000);
  const end = used();
  return [
    { what: 'heap after 50,000 reviews of 10,000 workloads', measured: `${quarter.toFixed(1)} MB`, floor: '' },
    {
      what: 'heap after 200,000',
      measured: `${end.toFixed(1)} MB = ${((100 * (end - quarter)) / quarter).toFixed(1)} %`,
      floor: '+- 5 %',
    },
    { what: 'workloads remembered', measured: String(injector.size), floor: '<= 1,000' },
  ];
}
