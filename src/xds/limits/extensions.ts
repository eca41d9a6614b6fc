import { readFileSync } from 'node:fs';
import { descriptors } from '../encode/descriptors.ts';

/** Types of configuration by what has it (`npm run limits` asks the real Envoy). */
export type Extensions = Readonly<Record<ExtensionPlace, readonly string[]>>;

/** Messages, and fields of messages, that configure an extension by their `typed_config`, with Envoy's names of what may stand there. */
export const extensionPlaces = {
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': ['envoy.filters.http'],
  'envoy.config.listener.v3.Filter': ['envoy.filters.network'],
  'envoy.config.listener.v3.ListenerFilter': ['envoy.filters.listener', 'envoy.filters.udp_listener'],
  'envoy.config.core.v3.TransportSocket': ['envoy.transport_sockets.upstream', 'envoy.transport_sockets.downstream'],
  'envoy.config.accesslog.v3.AccessLog': ['envoy.access_loggers'],
  'envoy.config.metrics.v3.StatsSink': ['envoy.stats_sinks'],
  'envoy.config.bootstrap.v3.Bootstrap.bootstrap_extensions': ['envoy.bootstrap'],
} as const;
export type ExtensionPlace = keyof typeof extensionPlaces;

type Message = Readonly<Record<string, unknown>>;
const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPlace = (type: string): type is ExtensionPlace => Object.hasOwn(extensionPlaces, type);
const typedStruct = /^(udpa|xds)\.type\.v[13]\.TypedStruct$/;

let loaded: Extensions | undefined;

function extensions(): Extensions {
  loaded ??= JSON.parse(readFileSync(new URL('./extensions.json', import.meta.url), 'utf8')) as Extensions;
  return loaded;
}

/**
 * The first type in a message that configures no extension of stock Envoy there: that refuses the whole resource then. Not asked
 * of what is optional. Another build of Envoy may have it. Pure.
 */
export function missingExtension(type: string, message: Message): string | undefined {
  const { typed_config: config } = message;
  if (isPlace(type) && isMessage(config) && message['is_optional'] !== true) {
    const named = configured(config);
    if (named !== '' && !extensions()[type].includes(named)) return named;
  }
  for (const [name, field] of Object.entries(descriptors().messages[type] ?? {})) {
    const place = `${type}.${name}`;
    const inner = missingIn(isPlace(place) ? place : field.type, message[name]);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Of the value of a field. */
function missingIn(type: string, value: unknown): string | undefined {
  for (const item of [value].flat()) {
    const missing = isMessage(item) ? missingExtension(...contentOf(type, item)) : undefined;
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function contentOf(type: string, value: Message): [string, Message] {
  return type === 'google.protobuf.Any' ? [nameOf(value['@type']), value] : [type, value];
}

/** A TypedStruct stands for the type that it names. */
function configured(config: Message): string {
  const name = nameOf(config['@type']);
  return typedStruct.test(name) ? nameOf(config['type_url'] ?? config['typeUrl']) : name;
}

const nameOf = (url: unknown): string => (typeof url === 'string' ? url.replace(/^.*\//, '') : '');
