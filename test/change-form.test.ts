import { expect, test } from 'vitest';
import { printYaml } from '../src/documents/kubernetes-yaml.ts';
import { readEditable, writeRoute } from '../web/src/config/editable.ts';

/** The lines of b that a has not. */
const added = (a: string, b: string) => b.split('\n').filter((line) => !a.split('\n').includes(line));

test('a form changes one line of what the control plane prints, with texts that need quotes and fields that nobody knows', () => {
  const spec = {
    hosts: ['reviews'],
    unknown: { of: ['a later version', 'yes', '012', `${'long '.repeat(60)}\n\t"end"`] },
    http: [
      {
        match: [{ headers: { x: { exact: '# no comment: at all' } }, later: true }],
        route: [{ destination: { host: 'b', subset: 'on' }, weight: 100, later: { a: null } }],
      },
    ],
  };
  const text = printYaml({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', spec });
  const found = readEditable('VirtualService', text);
  const route = found?.kind === 'routes' ? found.routes[0] : undefined;
  if (route === undefined) throw new Error('no route');
  const after = writeRoute(text, route, { ...route, timeout: '9s' });
  expect(added(text, after)).toEqual([expect.stringMatching(/^ +timeout: 9s$/)]);
  expect(added(after, text)).toEqual([]);
});
