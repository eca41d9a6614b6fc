import { parse } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { nearest } from '../../model/nearest.ts';
import { isVariableName, reservedVariables } from '../../model/reserved-variables.ts';

/** The parts of Istio's ProxyConfig that shape an injected pod. */
export interface ProxyConfig {
  readonly interceptionMode: 'REDIRECT' | 'TPROXY' | 'NONE';
  readonly holdApplicationUntilProxyStarts: boolean;
  /** Worker threads; undefined: from the CPU limit; 0: one a core. */
  readonly concurrency: number | undefined;
  readonly discoveryAddress: string | undefined;
  readonly imageType: string | undefined;
  readonly proxyMetadata: Readonly<Record<string, string>>;
  /** Seconds that a stopping proxy keeps serving. */
  readonly terminationDrainSeconds: number;
}

const implemented = [
  'interceptionMode',
  'holdApplicationUntilProxyStarts',
  'concurrency',
  'discoveryAddress',
  'image',
  'proxyMetadata',
  'terminationDrainDuration',
];
/** Fields of https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#ProxyConfig that have no effect. */
const known = [
  'availabilityZone',
  'binaryPath',
  'caCertificatesPem',
  'configPath',
  'controlPlaneAuthPolicy',
  'customConfigFile',
  'drainDuration',
  'envoyAccessLogService',
  'envoyMetricsService',
  'envoyMetricsServiceAddress',
  'extraStatTags',
  'fileFlushInterval',
  'fileFlushMinSizeKb',
  'gatewayTopology',
  'meshId',
  'privateKeyProvider',
  'proxyAdminPort',
  'proxyBootstrapTemplatePath',
  'proxyHeaders',
  'proxyStatsMatcher',
  'readinessProbe',
  'runtimeValues',
  'sds',
  'serviceCluster',
  'statNameLength',
  'statsCompression',
  'statsdUdpAddress',
  'statusPort',
  'tracing',
  'tracingServiceName',
  'zipkinAddress',
];
export const proxyConfigKey = 'proxy.istio.io/config';

/** Characters of the annotation; reading YAML is slow, and everybody waits meanwhile. */
const longest = 16 * 1024;
/** The check for unique keys is quadratic; a repeated key is the last one, as in JSON. */
const yamlOptions = { maxAliasCount: 10, uniqueKeys: false };
/** At most so many fields are reported one by one. */
const mostWarnings = 20;

/** Reads the text of the annotation. @throws OutriggerError OR1203 */
export function parseProxyConfig(text: string): JsonObject {
  if (text.length > longest) throw bad(`is longer than ${longest} characters`);
  let value: unknown;
  try {
    value = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, yamlOptions);
  } catch {
    try {
      value = parse(text, yamlOptions);
    } catch (cause) {
      throw bad(`is neither YAML nor JSON: ${cause instanceof Error ? cause.message.split('\n')[0] : ''}`, cause);
    }
  }
  if (value === null || value === undefined) return {};
  if (!isObject(value)) throw bad('has to be a mapping of ProxyConfig fields, such as {"concurrency": 2}');
  return value;
}

/** Later layers win; `proxyMetadata` is merged key by key, as Istio does. */
export function mergeProxyConfigs(layers: readonly JsonObject[]): JsonObject {
  const merged: JsonObject = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
      const both = key === 'proxyMetadata' && isObject(before) && isObject(value);
      Object.defineProperty(merged, key, {
        value: both ? { ...before, ...value } : value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
  }
  return merged;
}

/** @throws OutriggerError OR1203 naming the field, its value and what would be right. */
export function decodeProxyConfig(value: JsonObject): ProxyConfig {
  return {
    interceptionMode: decodeMode(value['interceptionMode']),
    holdApplicationUntilProxyStarts: decodeBoolean(value, 'holdApplicationUntilProxyStarts'),
    concurrency: decodeConcurrency(value['concurrency']),
    discoveryAddress: decodeAddress(value['discoveryAddress']),
    imageType: decodeImageType(value['image']),
    proxyMetadata: decodeMetadata(value['proxyMetadata']),
    terminationDrainSeconds: decodeDuration(value, 'terminationDrainDuration') ?? 5,
  };
}

export function proxyConfigWarnings(value: JsonObject): string[] {
  const idle = Object.keys(value).filter((key) => !implemented.includes(key));
  return idle.slice(0, mostWarnings).flatMap((key) => {
    if (known.includes(key)) return [`${proxyConfigKey}: ${key} is accepted and has no effect yet.`];
    const near = nearest(key, [...implemented, ...known]);
    return [`${proxyConfigKey}: ${key} is unknown${near === undefined ? '' : `; did you mean ${near}?`}`];
  });
}

/** @throws OutriggerError OR1207 unless `host:port`. */
export function checkAddress(address: string, at: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?):([0-9]{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match !== null && port > 0 && port <= 65535) return address;
  throw new OutriggerError(
    'OR1207',
    `${JSON.stringify(address)} is not host:port, such as outrigger.outrigger-system.svc:15012`,
    { at },
  );
}

function bad(detail: string, cause?: unknown): OutriggerError {
  return new OutriggerError('OR1203', detail, { at: `metadata.annotations["${proxyConfigKey}"]`, cause });
}

function decodeMode(value: unknown): ProxyConfig['interceptionMode'] {
  if (value === undefined || value === null || value === 0 || value === '') return 'REDIRECT';
  if (value === 'REDIRECT' || value === 'TPROXY' || value === 'NONE') return value;
  throw bad(`interceptionMode: ${JSON.stringify(value)} is none of REDIRECT, TPROXY, NONE`);
}

function decodeBoolean(fields: JsonObject, key: string): boolean {
  const value = fields[key];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw bad(`${key}: ${JSON.stringify(value)} is neither true nor false`);
}

function decodeConcurrency(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1024) return value;
  throw bad(`concurrency: ${JSON.stringify(value)} is not a number of threads from 0 to 1024`);
}

function decodeAddress(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  return checkAddress(String(value), `metadata.annotations["${proxyConfigKey}"].discoveryAddress`);
}

function decodeImageType(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const type = value['imageType'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}

function decodeMetadata(value: unknown): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw bad('proxyMetadata has to be a mapping of names to texts');
  for (const [key, one] of Object.entries(value)) {
    if (reservedVariables.includes(key)) throw bad(`proxyMetadata: ${key} is set by injection itself`);
    if (!isVariableName(key))
      throw bad(`proxyMetadata: ${JSON.stringify(key)} cannot be the name of an environment variable`);
    if (typeof one === 'object') throw bad(`proxyMetadata.${key} has to be a text`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}

function decodeDuration(fields: JsonObject, key: string): number | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  const match = typeof value === 'string' ? /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)$/.exec(value) : null;
  if (match === null) throw bad(`${key}: ${JSON.stringify(value)} is not a duration such as 5s`);
  const unit = { ms: 0.001, s: 1, m: 60, h: 3600 }[match[2] ?? 's'] ?? 1;
  const seconds = Number(match[1]) * unit;
  if (seconds > 86_400) throw bad(`${key}: ${JSON.stringify(value)} is longer than a day`);
  return seconds;
}
