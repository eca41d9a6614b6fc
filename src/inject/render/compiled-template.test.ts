import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Json } from '../../model/json.ts';
import { compileTemplate } from './compiled-template.ts';
import { plainTemplate } from './templates.ts';

const objects = [
  'labels',
  'gatewayLabels',
  'annotations',
  'gatewayAnnotations',
  'containerDefaults',
  'seccomp',
  'proxySecurity',
  'proxyProbes',
  'readiness',
  'lifecycle',
  'pullPolicyField',
];
const lists = ['env', 'volumes', 'volumeMounts', 'pullSecrets'];

const map = fc.dictionary(fc.stringMatching(/^[a-z.$ {}]{1,8}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
  maxKeys: 3,
  noNullPrototype: true,
});
const context = fc.record(
  {
    native: fc.boolean(),
    capture: fc.boolean(),
    privileged: fc.boolean(),
    image: fc.string(),
    uid: fc.nat(),
    gid: fc.nat(),
    ...Object.fromEntries(objects.map((name) => [name, map])),
    ...Object.fromEntries(lists.map((name) => [name, fc.array(map, { maxLength: 3 })])),
  },
  { noNullPrototype: true },
);

test.each(['sidecar', 'gateway'])('the compiled template %s gives what json-e alone gives', (name) => {
  const template = parse(
    readFileSync(new URL(`../../../templates/injection/${name}.yaml`, import.meta.url), 'utf8'),
  ) as Json;
  const compiled = compileTemplate(template, ['native', 'capture', 'privileged']);
  const plain = plainTemplate(template);
  fc.assert(
    fc.property(context, (values) => {
      expect(compiled(values as never)).toEqual(plain(values as never));
    }),
  );
});
