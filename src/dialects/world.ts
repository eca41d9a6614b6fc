import type { JsonObject } from '../model/json.ts';
import { createdAt, objectsAt, textAt, textMapAt } from '../model/json-fields.ts';
import { objectKey, type SourceObject } from '../source/object-source.ts';

/** The objects that dialects are read from, and those that they refer to. */
export class World {
  readonly domainSuffix: string;
  readonly #objects: ReadonlyMap<string, SourceObject>;
  readonly #byKind = new Map<string, SourceObject[]>();

  constructor(domainSuffix: string, objects: ReadonlyMap<string, SourceObject>) {
    this.domainSuffix = domainSuffix;
    this.#objects = objects;
    for (const object of objects.values()) {
      const list = this.#byKind.get(object.kind);
      if (list === undefined) this.#byKind.set(object.kind, [object]);
      else list.push(object);
    }
    for (const list of this.#byKind.values()) list.sort(byAge);
  }

  /** Oldest first. */
  of(kind: string): readonly SourceObject[] {
    return this.#byKind.get(kind) ?? [];
  }

  find(kind: string, namespace: string, name: string): SourceObject | undefined {
    return this.#objects.get(objectKey({ kind, namespace, name }));
  }

  hostOf(service: string, namespace: string): string {
    return `${service}.${namespace}.svc.${this.domainSuffix}`;
  }

  ports(namespace: string, service: string): readonly JsonObject[] {
    const found = this.find('Service', namespace, service);
    return found === undefined ? [] : objectsAt(found.object, 'spec', 'ports');
  }

  /** It is not there, and others of its namespace are: a file of its own tells nothing of what is missing. */
  lacksService({ namespace, name }: { readonly namespace: string; readonly name: string }): boolean {
    if (this.find('Service', namespace, name) !== undefined) return false;
    return this.of('Service').some((service) => service.namespace === namespace);
  }

  /** `name` and `namespace` of a host like `reviews.default.svc.cluster.local`; undefined for others. */
  serviceOf(host: string): { readonly name: string; readonly namespace: string } | undefined {
    const suffix = `.svc.${this.domainSuffix}`;
    if (!host.endsWith(suffix)) return undefined;
    const [name, namespace, ...rest] = host.slice(0, -suffix.length).split('.');
    if (name === undefined || namespace === undefined || rest.length > 0 || name === '') return undefined;
    return { name, namespace };
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    const found = this.find('Namespace', '', name);
    const labels = found === undefined ? {} : textMapAt(found.object, 'metadata', 'labels');
    return { 'kubernetes.io/metadata.name': name, ...labels };
  }
}

export function byAge(left: SourceObject, right: SourceObject): number {
  const age = createdAt(left.object) - createdAt(right.object);
  if (age !== 0) return age;
  const [a, b] = [`${left.namespace}/${left.name}`, `${right.namespace}/${right.name}`];
  return a === b ? 0 : a < b ? -1 : 1;
}

export const annotationOf = (object: SourceObject, name: string) =>
  textAt(object.object, 'metadata', 'annotations', name);
