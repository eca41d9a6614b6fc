import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { asOutriggerError, OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { type ObjectChanges, type ObjectSource, objectKey, type SourceObject } from '../../source/object-source.ts';
import type { Component } from '../component.ts';
import type { Config } from '../config.ts';
import { mapMeshConfig } from './map-mesh-config.ts';

export interface MeshConfigFollowerOptions {
  readonly objects: ObjectSource;
  /** Where the ConfigMap may be; the first that has one counts. */
  readonly namespaces: readonly string[];
  /** As the program was started. */
  readonly config: Config;
  /** The same with values of the ConfigMap, by path; throws OR1002. */
  readonly reconfigure: (values: Readonly<Record<string, unknown>>, origin: string) => Config;
  /** Puts a configuration in force, wholly or, when it throws, not at all. */
  readonly use: (config: Config) => void;
  readonly logger: MeshConfigLog;
}

/** Where it is told what has no effect. */
export interface MeshConfigLog {
  error(about: { readonly code: string; readonly at: string }, message: string): void;
  warn(about: { readonly code: string; readonly at: string }, message: string): void;
  info(about: object, message: string): void;
}

/** Istio's name for it, and the keys with the texts. */
export const meshConfigMap = { name: 'istio', key: 'mesh', networksKey: 'meshNetworks' } as const;

/**
 * Follows the meshConfig of a running mesh, as Istio has it: a ConfigMap `istio` with the key `mesh`. It stands between the
 * configuration file and the environment. A bad one is told, and the last good one stays.
 */
export class MeshConfigFollower implements Component {
  readonly name = 'mesh config';
  readonly #options: MeshConfigFollowerOptions;
  readonly #found = new Map<string, SourceObject>();
  #text: string | undefined;
  #told: ReadonlySet<string> = new Set();
  #stop: () => void = () => {};

  constructor(options: MeshConfigFollowerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#stop = this.#options.objects.onObjects((changes) => this.#apply(changes));
  }

  async stop(): Promise<void> {
    this.#stop();
  }

  #apply({ upserts, removals }: ObjectChanges): void {
    const before = this.#found.size;
    for (const key of removals) this.#found.delete(key);
    const { namespaces } = this.#options;
    const mine = upserts.filter(
      ({ kind, name, namespace }) =>
        kind === 'ConfigMap' && name === meshConfigMap.name && namespaces.includes(namespace),
    );
    for (const object of mine) this.#found.set(objectKey(object), object);
    if (mine.length > 0 || this.#found.size !== before) this.#settle();
  }

  #settle(): void {
    const keys = this.#options.namespaces.map((namespace) => `ConfigMap ${namespace}/${meshConfigMap.name}`);
    const [found] = keys.flatMap((key) => this.#found.get(key) ?? []);
    const { key, networksKey } = meshConfigMap;
    const [mesh = '', networks = ''] = found === undefined ? [] : [key, networksKey].map((name) => textOf(found, name));
    const text = JSON.stringify([mesh, networks]);
    if (text === this.#text) return;
    this.#text = text;
    const origin = found === undefined ? '' : `ConfigMap ${found.namespace}/${found.name}`;
    try {
      this.#use(readText(mesh, key, origin), readText(networks, networksKey, origin), origin);
    } catch (thrown) {
      const error = asOutriggerError(thrown);
      this.#options.logger.error({ code: 'OR2462', at: origin }, `${error.message}: the last good one stays in force`);
    }
  }

  #use(tree: JsonObject, { networks }: JsonObject, origin: string): void {
    const { reconfigure, use, config, logger } = this.#options;
    const { values: mapped, atStart, reports } = mapMeshConfig(tree);
    const values = networks === undefined ? mapped : { ...mapped, 'mesh.meshNetworks': networks };
    const whole = reconfigure(values, origin);
    const late = atStart.filter((path) => !isDeepStrictEqual(valueAt(whole, path), valueAt(config, path)));
    const followed = Object.entries(values).filter(([path]) => !atStart.includes(path));
    use(reconfigure(Object.fromEntries(followed), origin));
    const lines = [
      ...reports.filter(({ state }) => state === 'reported').map(({ key, text }) => `${key} has no effect: ${text}`),
      ...late.map((path) => `${path} is read at the start alone: set it in the configuration of the control plane`),
    ];
    for (const line of lines) if (!this.#told.has(line)) logger.warn({ code: 'OR2463', at: origin }, line);
    this.#told = new Set(lines);
    if (origin !== '') logger.info({ at: origin, keys: followed.map(([path]) => path) }, 'meshConfig in force');
  }
}

function textOf({ object }: SourceObject, key: string): string {
  const { data } = object;
  const text = isObject(data) ? data[key] : undefined;
  return typeof text === 'string' ? text : '';
}

/** Characters; etcd takes no more. */
const longest = 1_500_000;

function readText(text: string, key: string, at: string): JsonObject {
  let value: unknown;
  try {
    value = text.length > longest ? undefined : parse(text, { logLevel: 'error', merge: true, maxAliasCount: 100 });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : '';
    throw new OutriggerError('OR2462', `its key ${key} is no YAML: ${why}`, { at, cause });
  }
  if (value === null) return {};
  if (isObject(value)) return value;
  throw new OutriggerError('OR2462', `its key ${key} must be a map`, { at });
}

function valueAt(config: Config, path: string): unknown {
  return path.split('.').reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), config);
}
