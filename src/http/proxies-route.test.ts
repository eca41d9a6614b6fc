import Fastify from 'fastify';
import { expect, test } from 'vitest';
import type { ProxyReport } from '../model/proxy-report.ts';
import { codedErrorHandler } from './coded-answers.ts';
import { proxiesPlugin } from './proxies-route.ts';

const empty: ProxyReport = { instance: 'a', version: '1', now: '', workloads: [], proxies: [] };

test('the report is for the machine itself: a port-forward ends there', async () => {
  const asked: (string | undefined)[] = [];
  const app = Fastify();
  app.setErrorHandler(codedErrorHandler(() => {}));
  app.register(
    proxiesPlugin((proxy) => {
      asked.push(proxy);
      return empty;
    }),
  );
  const get = (remoteAddress: string, url = '/mesh/proxies') => app.inject({ url, remoteAddress });
  for (const own of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
    expect((await get(own)).json()).toMatchObject({ instance: 'a' });
  for (const other of ['10.0.0.7', '::ffff:10.0.0.7', 'fd00::1', '1.127.0.0'])
    expect(await get(other)).toMatchObject({ statusCode: 403 });
  await get('::1', '/mesh/proxies?proxy=default%2Fweb&proxy=b');
  expect(asked).toEqual([undefined, undefined, undefined, 'default/web']);
});
