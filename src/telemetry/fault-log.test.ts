import { expect, test } from 'vitest';
import { faultOf } from '../model/fault.ts';
import { faultLog } from './fault-log.ts';
import { Metrics } from './metrics.ts';

test('each fault is counted; the same one is a line once a minute', async () => {
  const lines: string[] = [];
  const metrics = new Metrics();
  let now = 0;
  const error = ({ code }: { code: string }, message: string) => lines.push(`${code} | ${message}`);
  const tell = faultLog({ error } as never, metrics, () => now);
  const fault = (name: string) => tell(faultOf('OR1660', `Sidecar shop/${name}`, new Error('no')));
  for (let times = 0; times < 3; times++) fault('a');
  fault('b');
  now = 60_000;
  fault('a');
  expect(lines.map((line) => line.split('Sidecar')[1])).toEqual([' shop/a: no', ' shop/b: no', ' shop/a: no']);
  expect(lines[0]).toMatch(/^OR1660 \| OR1660/);
  expect(await metrics.registry.getSingleMetricAsString('outrigger_faults_total')).toContain('{code="OR1660"} 5');
});
