import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { authorizationFor } from '../policy/authorization/select.ts';
import { Registry } from './registry.ts';

function build(namespace = 'shop') {
  const registry = new Registry({ domainSuffix: 'c', rootNamespaces: ['istio-system'] });
  const place = { kind: 'AuthorizationPolicy', namespace, name: 'p' };
  const put = (spec: string, annotations = '{}') => {
    const object = parse(
      `{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: p, annotations: ${annotations}}, spec: ${spec}}`,
    );
    const upserts = [{ apiVersion: 'security.istio.io/v1', ...place, object, origin: place }];
    registry.apply({ upserts, removals: [] });
  };
  /** What a pod of these labels is asked; without anything everybody is let in. */
  const asked = (labels: Record<string, string>, namespace = 'shop') =>
    authorizationFor(registry.snapshot.authorizationPolicies, {
      ...{ namespace, labels, rootNamespaces: ['istio-system'], trustDomains: ['cluster.local'] },
    }).map(({ action, rules, shadow }) => `${action} ${rules.length} ${shadow.length}`);
  const remove = () => registry.apply({ upserts: [], removals: ['AuthorizationPolicy shop/p'] });
  return { registry, put, asked, remove };
}

describe('an AuthorizationPolicy with an error and no last good version', () => {
  test('lets nobody in to the pods that it selects, and says so', () => {
    const { registry, put, asked } = build();
    put('{selector: {matchLabels: {app: web}}, rules: [{from: 5}]}');
    expect([asked({ app: 'web' }), asked({ app: 'other' }), asked({ app: 'web' }, 'else')]).toEqual([
      ['allow 1 0'],
      [],
      [],
    ]);
    expect(registry.problems()[0]?.message).toMatch(
      /; until it is right it lets nobody in to the pods that it selects$/,
    );
    expect(registry.problems()[0]?.severity).toBe('error');
  });

  test.each([
    '{selector: {matchLabels: {app: 5}}}',
    '{selector: {matchLabels: [app]}}',
    '{selector: 7}',
    '{selector: {matchLabels: {}}, rules: 7}',
    '{rules: 7}',
    '7',
  ])('lets nobody in to the whole namespace when its selector cannot be read: %s', (spec) => {
    const { put, asked, registry } = build();
    put(spec);
    expect([asked({}), asked({}, 'else')]).toEqual([['allow 1 0'], []]);
    expect(registry.problems()[0]?.message).toContain('to all pods of its namespace');
  });

  test('of a root namespace holds in every namespace, and says so', () => {
    const { put, asked, registry } = build('istio-system');
    put('{rules: 7}');
    expect(asked({}, 'else')).toEqual(['allow 1 0']);
    expect(registry.problems()[0]?.message).toMatch(/nobody in to all pods of the whole mesh$/);
    put('{selector: {matchLabels: {app: web}}, rules: 7}');
    expect(registry.problems()[0]?.message).toMatch(/the pods that it selects of the whole mesh$/);
  });

  test.each(['DENY', 'CUSTOM', 'DENNY', '7'])('of action %s denies everybody: others may allow', (action) => {
    const { put, asked } = build();
    put(`{action: ${action}, rules: 7}`);
    expect(asked({})).toEqual(['deny 1 0']);
  });

  test('an audit, a dry run and one of a Gateway forbid nothing', () => {
    const { put, asked, remove } = build();
    put('{action: AUDIT, rules: 7}');
    expect(asked({})).toEqual([]);
    remove();
    for (const targets of ['[{kind: Gateway, name: g}]', '[7]', '[g]']) {
      put(`{action: DENY, targetRefs: ${targets}, rules: 7}`);
      expect(asked({})).toEqual([]);
      remove();
    }
    put('{action: DENY, rules: 7}', '{istio.io/dry-run: "true"}');
    expect(asked({})).toEqual(['deny 0 1']);
  });

  test('the stand-in follows the object, and ends with it or with a good version, which outlives later errors', () => {
    const { registry, put, asked, remove } = build();
    put('{selector: {matchLabels: {app: web}}, rules: 7}');
    put('{selector: {matchLabels: {app: api}}, rules: 7}');
    expect([asked({ app: 'web' }), asked({ app: 'api' })]).toEqual([[], ['allow 1 0']]);
    remove();
    expect([asked({ app: 'api' }), registry.problems()]).toEqual([[], []]);
    put('{rules: 7}');
    put('{rules: [{}, {}]}');
    expect([asked({}), registry.problems()]).toEqual([['allow 2 0'], []]);
    put('{rules: 7}');
    expect(asked({})).toEqual(['allow 2 0']);
    expect(registry.problems()[0]?.message).not.toContain('nobody');
  });
});
