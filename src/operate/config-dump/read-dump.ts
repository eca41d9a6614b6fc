import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { objectsAt, textAt } from '../../registry/json-fields.ts';

/** Envoy's state of one resource. `rejected`: the last update was refused, and what is shown was there before. */
export type DumpState = 'static' | 'active' | 'warming' | 'draining' | 'rejected';

export interface DumpedResource {
  readonly name: string;
  /** Of its content, as the control plane names it; '' for what is static. */
  readonly version: string;
  readonly state: DumpState;
  readonly updated: string;
  /** The message as Envoy prints it: snake_case fields, Any with `@type`. */
  readonly message: JsonObject;
}

/** What `/config_dump?include_eds` of an Envoy says, by kind. */
export interface ConfigDump {
  readonly bootstrap: JsonObject | undefined;
  readonly clusters: readonly DumpedResource[];
  readonly listeners: readonly DumpedResource[];
  readonly routes: readonly DumpedResource[];
  readonly endpoints: readonly DumpedResource[];
  readonly extensions: readonly DumpedResource[];
  readonly secrets: readonly DumpedResource[];
}

type Section = Exclude<keyof ConfigDump, 'bootstrap'>;

/** Each list of a section: where it is, and what the field of the message in an entry is called. */
const lists: readonly (readonly [section: Section, list: string, field: string, state: DumpState])[] = [
  ['clusters', 'static_clusters', 'cluster', 'static'],
  ['clusters', 'dynamic_active_clusters', 'cluster', 'active'],
  ['clusters', 'dynamic_warming_clusters', 'cluster', 'warming'],
  ['listeners', 'static_listeners', 'listener', 'static'],
  ['routes', 'static_route_configs', 'route_config', 'static'],
  ['routes', 'dynamic_route_configs', 'route_config', 'active'],
  ['endpoints', 'static_endpoint_configs', 'endpoint_config', 'static'],
  ['endpoints', 'dynamic_endpoint_configs', 'endpoint_config', 'active'],
  ['extensions', 'ecds_filters', 'ecds_filter', 'active'],
  ['secrets', 'static_secrets', 'secret', 'static'],
  ['secrets', 'dynamic_active_secrets', 'secret', 'active'],
  ['secrets', 'dynamic_warming_secrets', 'secret', 'warming'],
];

const listenerStates = [
  ['active_state', 'active'],
  ['warming_state', 'warming'],
  ['draining_state', 'draining'],
] as const;

/** Throws OR2534 with where the text is from when it is none. */
export function readDump(text: string, from: string): ConfigDump {
  const configs = configsOf(text, from);
  const found: Record<Section, DumpedResource[]> = {
    ...{ clusters: [], listeners: [], routes: [], endpoints: [], extensions: [], secrets: [] },
  };
  for (const [section, list, field, state] of lists) {
    for (const config of configs) {
      for (const entry of objectsAt(config, list)) found[section].push(resourceOf(entry, field, state));
    }
  }
  for (const config of configs) found.listeners.push(...objectsAt(config, 'dynamic_listeners').flatMap(listenerOf));
  const bootstrap = configs.map((config) => config['bootstrap']).find(isObject);
  return { bootstrap, ...found };
}

function configsOf(text: string, from: string): JsonObject[] {
  const wrong = (why: string, cause?: unknown) => new OutriggerError('OR2534', why, { at: from, cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(/^\s*</.test(text) ? 'it is a page of HTML' : 'it is no whole JSON', cause);
  }
  const configs = isObject(value) ? value['configs'] : undefined;
  if (!Array.isArray(configs)) throw wrong('it has no list "configs"');
  return configs.filter(isObject);
}

function resourceOf(entry: JsonObject, field: string, state: DumpState): DumpedResource {
  const message = isObject(entry[field]) ? entry[field] : {};
  const rejected = isObject(entry['error_state']) ? 'rejected' : state;
  return {
    name: textAt(entry, 'name') || textAt(message, 'name') || textAt(message, 'cluster_name'),
    version: textAt(entry, 'version_info'),
    state: rejected,
    updated: textAt(entry, 'last_updated'),
    message,
  };
}

function listenerOf(entry: JsonObject): DumpedResource[] {
  const name = textAt(entry, 'name');
  const rejected = isObject(entry['error_state']);
  return listenerStates.flatMap(([key, state]) => {
    const held = entry[key];
    if (!isObject(held)) return [];
    return [{ ...resourceOf(held, 'listener', rejected && state === 'active' ? 'rejected' : state), name }];
  });
}
