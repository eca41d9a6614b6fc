import { describe, expect, test } from 'vitest';
import { checkAnswer, readAnswer } from './read-answer.ts';

const cart = 'outbound|9080||cart.shop.svc.cluster.local';
const ejected = { cluster: cart, address: '10.1.0.7:9080', flags: ['failed_outlier_check'] };

describe('what a proxy answers', () => {
  test('endpoints with their flags, of whichever family; and that there are none', () => {
    const text = `2\n${cart} 10.1.0.7:9080 failed_outlier_check\n${cart} [fd00::7]:9080 failed_outlier_check/degraded`;
    expect(readAnswer(text)).toEqual({
      total: 2,
      endpoints: [ejected, { ...ejected, address: '[fd00::7]:9080', flags: ['failed_outlier_check', 'degraded'] }],
    });
    expect(readAnswer('0\n')).toEqual({ total: 0, endpoints: [] });
    expect(readAnswer('4000\n')).toEqual({ total: 4000, endpoints: [] });
  });

  test.each([
    ['nothing', ''],
    ['no number', 'many\n'],
    ['a number that is none', '-1\n'],
    ['more than is ever asked for', `1\n${'x'.repeat(100_001)}`],
  ])('%s is no answer', (_, text) => {
    expect(readAnswer(text)).toBeUndefined();
  });

  test('a proxy that lies: what is no line is passed over, and so is what is too much', () => {
    const lines = [
      `${cart} 10.1.0.7:9080 failed_outlier_check`,
      `${cart} 10.1.0.7:9080`,
      `${cart} 10.1.0.7:9080 <script>alert(1)</script>`,
      `inbound|9080|| 10.1.0.7:9080 failed_outlier_check`,
      `outbound|9080||a b 10.1.0.7:9080 failed_outlier_check`,
      `${cart} ${'9'.repeat(61)} failed_outlier_check`,
      '__proto__ constructor toString',
      '\u202e',
    ];
    expect(readAnswer(`1\n${lines.join('\n')}`)).toEqual({ total: 1, endpoints: [ejected] });
    const many = Array.from({ length: 900 }, () => lines[0]).join('\n');
    expect(readAnswer(`1\n${many}`)?.endpoints).toHaveLength(200);
    const flags = readAnswer(`1\n${cart} 10.1.0.7:9080 ${'a/'.repeat(100)}`)?.endpoints[0]?.flags;
    expect(flags).toHaveLength(8);
  });

  test('by way of another replica, whatever its version', () => {
    expect(checkAnswer({ endpoints: [ejected], total: 3, more: 1 })).toEqual({ endpoints: [ejected], total: 3 });
    for (const wrong of [null, 'x', [], {}, { endpoints: {}, total: 1 }, { endpoints: [], total: '1' }])
      expect(checkAnswer(wrong)).toBeUndefined();
    const odd = [null, 3, {}, { ...ejected, flags: 'failed' }, { ...ejected, address: '1 2\n3' }];
    expect(checkAnswer({ endpoints: odd, total: 5 })).toEqual({ endpoints: [], total: 5 });
  });
});
