import { isObject, type Json, type JsonObject } from '../model/json.ts';
import { defaultMeshSettings } from '../model/mesh-settings.ts';
import type { ProxyConfigLayers } from '../model/pod.ts';
import type { ProxyConfig } from '../schema/kinds.ts';
import { validate } from '../schema/validate.ts';
import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from './object-source.ts';

interface Known {
  readonly namespace: string;
  /** Of the pods that it selects; undefined is every pod of the namespace. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** By which the oldest comes first. */
  readonly order: string;
  readonly config: JsonObject;
}

/** The ProxyConfigs of a source, checked. One with an error is left out; the registry tells of it. */
export class ProxyConfigs {
  readonly #known = new Map<string, Known>();
  readonly #rootNamespaces: readonly string[];

  constructor(
    objects: { follow: ObjectSource['onObjects'] },
    rootNamespaces: readonly string[] = defaultMeshSettings.rootNamespaces,
  ) {
    this.#rootNamespaces = rootNamespaces;
    objects.follow((changes) => this.#apply(changes));
  }

  /** Of several the oldest counts, as in Istio. Undefined when there is none for the pod. */
  layers(namespace: string, labels: Readonly<Record<string, string>>): ProxyConfigLayers | undefined {
    if (this.#known.size === 0) return undefined;
    const wideOf = (name: string) => this.#oldest((known) => known.namespace === name && known.labels === undefined);
    const roots = this.#rootNamespaces.filter((name) => name !== namespace).map(wideOf);
    const wide = [roots.find((config) => config !== undefined), wideOf(namespace)].filter((one) => one !== undefined);
    const own = this.#oldest((known) => known.namespace === namespace && selects(known, labels));
    return wide.length === 0 && own === undefined ? undefined : { wide, ...(own === undefined ? {} : { own }) };
  }

  #oldest(fits: (known: Known) => boolean): JsonObject | undefined {
    const found = [...this.#known.values()].filter(fits);
    return found.sort((a, b) => (a.order < b.order ? -1 : 1))[0]?.config;
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    for (const key of removals) this.#known.delete(key);
    for (const object of upserts) {
      if (object.kind !== 'ProxyConfig') continue;
      const known = read(object);
      if (known === undefined) this.#known.delete(objectKey(object));
      else this.#known.set(objectKey(object), known);
    }
  }
}

function selects({ labels }: Known, given: Readonly<Record<string, string>>): boolean {
  return labels !== undefined && Object.entries(labels).every(([key, value]) => given[key] === value);
}

function read({ namespace, name, object }: SourceObject): Known | undefined {
  const { value } = validate(object);
  if (value?.kind !== 'ProxyConfig') return undefined;
  const { selector } = value.spec;
  const { metadata } = object;
  const created = isObject(metadata) ? metadata.creationTimestamp : undefined;
  return {
    namespace,
    labels: selector === undefined ? undefined : (selector.matchLabels ?? {}),
    order: `${typeof created === 'string' ? created : ''} ${name}`,
    config: meshWords(value.spec),
  };
}

/** In the words of the mesh's own `defaultConfig`, which are others. */
function meshWords({ concurrency, environmentVariables, image }: ProxyConfig['spec']): JsonObject {
  const words: Record<string, Json | undefined> = {
    concurrency,
    proxyMetadata: environmentVariables,
    image: image?.imageType === undefined ? undefined : { imageType: image.imageType },
  };
  const given = Object.entries(words).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return Object.fromEntries(given);
}
