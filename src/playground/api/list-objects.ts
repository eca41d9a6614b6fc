import { isObject, type JsonObject } from '../../model/json.ts';
import { kinds } from '../../schema/kinds.ts';
import type { SourceObject } from '../../source/object-source.ts';

/** `/api/v1/namespaces/default/pods/a`, taken apart. */
export interface ApiPath {
  /** `v1`, `networking.istio.io/v1` */
  readonly apiVersion: string;
  /** '': of all namespaces. */
  readonly namespace: string;
  readonly plural: string;
  /** '': the list. */
  readonly name: string;
  readonly subresource: string;
}

const pathForm = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+)(?:\/(.*))?)?$/;

export function parseApiPath(path: string): ApiPath | undefined {
  // A namespace by itself, `/api/v1/namespaces/default`, is no place within one.
  const own = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(path)?.[1];
  if (own !== undefined)
    return { apiVersion: 'v1', namespace: '', plural: 'namespaces', name: decodeURIComponent(own), subresource: '' };
  const [, core, group, namespace = '', plural = '', name = '', subresource = ''] = pathForm.exec(path) ?? [];
  if (plural === '') return undefined;
  const parts = { namespace: decodeURIComponent(namespace), plural, name: decodeURIComponent(name), subresource };
  return { apiVersion: core ?? group ?? '', ...parts };
}

const kindOfPlural = new Map<string, string>([
  ...kinds.map(({ plural, kind }) => [plural, kind] as const),
  ...(
    [
      'Pod',
      'Service',
      'Namespace',
      'Node',
      'ConfigMap',
      'Secret',
      'ServiceAccount',
      'EndpointSlice',
      'Endpoints',
    ] as const
  ).map((kind) => [kind === 'Endpoints' ? 'endpoints' : `${kind.toLowerCase()}s`, kind] as const),
]);

/** Of an object's group, whatever version it was written in. */
const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '');

/** Objects that a GET of a list or of one object means. Selectors are of the form `a=b,c=d`. */
export function selectObjects(
  objects: Iterable<SourceObject>,
  path: ApiPath,
  selectors: { readonly labels: string; readonly fields: string },
): JsonObject[] {
  const kind = kindOfPlural.get(path.plural);
  const chosen = [...objects].filter(
    (object) =>
      object.kind === kind &&
      groupOf(object.apiVersion) === groupOf(path.apiVersion) &&
      (path.namespace === '' || object.namespace === path.namespace) &&
      (path.name === '' || object.name === path.name),
  );
  return chosen
    .map(({ object, kind: own, namespace }): JsonObject => {
      // A file may leave out the namespace `default`; an API server never does.
      const metadata = {
        ...(isObject(object.metadata) ? object.metadata : {}),
        ...(namespace === '' ? {} : { namespace }),
      };
      return { ...object, apiVersion: path.apiVersion, kind: own, metadata };
    })
    .filter((object) => matches(selectors.labels, (key) => at(object, ['metadata', 'labels', key])))
    .filter((object) => matches(selectors.fields, (key) => at(object, key.split('.'))));
}

function matches(selector: string, read: (key: string) => unknown): boolean {
  return selector
    .split(',')
    .filter((part) => part !== '')
    .every((part) => {
      const [, key = '', wanted] = /^([^=!]+)(?:==?(.*))?$/.exec(part) ?? [];
      const value = read(key);
      return wanted === undefined ? value !== undefined : String(value ?? '') === wanted;
    });
}

function at(object: JsonObject, keys: readonly string[]): unknown {
  let value: unknown = object;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  return value;
}
