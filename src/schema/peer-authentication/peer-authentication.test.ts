import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'security.istio.io/v1', kind: 'PeerAuthentication', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(({ code, path }) => `${code} ${path}`);
}

const selector = 'selector: {matchLabels: {app: a}}';
const cases: readonly (readonly [string, ...string[]])[] = [
  ['{}'],
  ['null'],
  ['{mtls: {}}'],
  ['{mtls: null}'],
  ['{mtls: {mode: strict}}', 'OR1644 spec.mtls.mode'],
  ['{mtls: STRICT}', 'OR1641 spec.mtls'],
  [`{${selector}, portLevelMtls: {8080: {mode: DISABLE}}}`],
  ['{portLevelMtls: {8080: {mode: DISABLE}}}', 'OR1655 spec.portLevelMtls'],
  ['{selector: {}, portLevelMtls: {8080: {mode: DISABLE}}}', 'OR1654 spec.selector', 'OR1655 spec.portLevelMtls'],
  [`{${selector}, portLevelMtls: {http: {mode: DISABLE}}}`, 'OR1646 spec.portLevelMtls.http'],
  [`{${selector}, portLevelMtls: {}}`, 'OR1642 spec.portLevelMtls'],
  ['{selector: {matchLabel: {app: a}}}', 'OR1643 spec.selector.matchLabel', 'OR1654 spec.selector'],
  ['{selector: {matchLabels: {app: "a*"}}}', 'OR1657 spec.selector.matchLabels.app'],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
