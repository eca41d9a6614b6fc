import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../model/json.ts';
import { mergeObjects as merge } from './strategic-merge.ts';

const mergeObjects = (base: unknown, patch: unknown): JsonObject => merge(base as JsonObject, patch as JsonObject);

describe("Kubernetes' strategic merge of a pod", () => {
  test('containers and env are merged by name, new ones come first', () => {
    const base = { spec: { containers: [{ name: 'app', image: 'a', env: [{ name: 'A', value: '1' }] }] } };
    const patch = {
      spec: {
        containers: [
          { name: 'proxy', image: 'p' },
          { name: 'app', env: [{ name: 'B', value: '2' }] },
        ],
      },
    };
    expect(mergeObjects(base, patch)).toEqual({
      spec: {
        containers: [
          { name: 'proxy', image: 'p' },
          {
            name: 'app',
            image: 'a',
            env: [
              { name: 'B', value: '2' },
              { name: 'A', value: '1' },
            ],
          },
        ],
      },
    });
  });

  test('volumeMounts by mountPath, ports by containerPort, args replaced, null deletes', () => {
    const base = {
      volumeMounts: [{ mountPath: '/a', name: 'x' }],
      ports: [{ containerPort: 80, name: 'http' }],
      args: ['a', 'b'],
      tty: true,
    };
    const patch = {
      volumeMounts: [{ mountPath: '/a', name: 'y' }],
      ports: [{ containerPort: 80, protocol: 'TCP' }],
      args: ['c'],
      tty: null,
    };
    expect(mergeObjects(base, patch)).toEqual({
      volumeMounts: [{ mountPath: '/a', name: 'y' }],
      ports: [{ containerPort: 80, name: 'http', protocol: 'TCP' }],
      args: ['c'],
    });
  });

  test('a volume is a union: the source of the patch replaces the source of the base', () => {
    const base = { volumes: [{ name: 'v', emptyDir: {} }] };
    expect(mergeObjects(base, { volumes: [{ name: 'v', secret: { secretName: 's' } }] })).toEqual({
      volumes: [{ name: 'v', secret: { secretName: 's' } }],
    });
  });

  test('directives: $patch delete and replace', () => {
    const base = { env: [{ name: 'A' }, { name: 'B' }], securityContext: { runAsUser: 1, privileged: true } };
    const patch = { env: [{ name: 'A', $patch: 'delete' }], securityContext: { $patch: 'replace', runAsUser: 2 } };
    expect(mergeObjects(base, patch)).toEqual({ env: [{ name: 'B' }], securityContext: { runAsUser: 2 } });
  });

  test('base items that stand before a patched one stay before it', () => {
    const base = { env: [{ name: 'A' }, { name: 'B' }, { name: 'C' }] };
    const names = (mergeObjects(base, { env: [{ name: 'B', value: 'x' }, { name: 'N' }] })['env'] as JsonObject[]).map(
      (one) => one['name'],
    );
    expect(names).toEqual(['A', 'B', 'N', 'C']);
  });

  test('a misfit is an error with its path', () => {
    expect(() => mergeObjects({ spec: { containers: 'x' } }, { spec: { containers: [] } })).toThrow(
      /OR1304 spec.containers/,
    );
    expect(() => mergeObjects({ containers: [] }, { containers: [{}] })).toThrow(/needs a name/);
  });

  test('__proto__ stays a key', () => {
    const merged = mergeObjects({}, JSON.parse('{"__proto__":{"polluted":true}}') as JsonObject);
    expect(Object.keys(merged)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('properties: untouched parts are shared, the base is not changed, twice is once', () => {
    const named = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.string() }), {
      selector: (one) => one.name,
    });
    fc.assert(
      fc.property(named, named, named, (base, patch, other) => {
        const object = { env: base, volumes: other } as unknown as JsonObject;
        const before = JSON.stringify(object);
        const once = mergeObjects(object, { env: patch } as unknown as JsonObject);
        expect(JSON.stringify(object)).toBe(before);
        expect(once['volumes']).toBe(object['volumes']);
        expect(mergeObjects(once, { env: patch } as unknown as JsonObject)).toEqual(once);
      }),
    );
  });
});
