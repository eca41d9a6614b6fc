import { OutriggerError } from '../../errors.ts';
import { isObject } from '../../model/json.ts';
import { parseBool, parseUint } from '../review/go-values.ts';

/** The app's own metrics endpoints, as the pod's annotations declare them. */
export interface ScrapeTarget {
  readonly port: number;
  readonly path: string;
  readonly https: boolean;
}

/** What becomes of the Prometheus annotations of a pod. */
export interface PrometheusPlan {
  /** The annotations that go: every spelling of the app's own, since the proxy's take their place. */
  readonly remove: readonly string[];
  readonly add: Readonly<Record<string, string>>;
  readonly targets: readonly ScrapeTarget[];
  /** Istio's record of what the user had declared: ISTIO_PROMETHEUS_ANNOTATIONS; undefined for nothing. */
  readonly record: string | undefined;
  readonly warnings: readonly string[];
}

/** Ports of the proxy itself: scraping them as the app's would loop or show the proxy twice. */
const reserved = [15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090];
/** Without a port Prometheus asks every declared one; so many of them are merged. */
const mostPorts = 5;
/** Each is asked one after the other at every scrape. */
const mostTargets = 20;
const targetsKey = 'prometheus.istio.io/scrape-targets';
const nothing: PrometheusPlan = { remove: [], add: {}, targets: [], record: undefined, warnings: [] };

/** A key as Prometheus' relabelling sees it: whatever is no letter or digit is `_`. */
function normalise(key: string): string {
  return key.replace(/[^a-zA-Z0-9]/g, '_');
}

type Field = 'scrape' | 'port' | 'path' | 'scheme';
type Declared = { readonly [name in Field]?: { readonly key: string; readonly value: string } };

/** The app's own annotations; `prometheus.io/port` wins over its other spellings. */
function readDeclared(annotations: Readonly<Record<string, string>>): { declared: Declared; spellings: string[] } {
  const declared: { [name in Field]?: { key: string; value: string } } = {};
  const spellings: string[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith('prometheus')) continue;
    const name = /^prometheus_io_(scrape|port|path|scheme)$/.exec(normalise(key))?.[1] as Field | undefined;
    if (name === undefined) continue;
    spellings.push(key);
    if (declared[name] === undefined || key === `prometheus.io/${name}`) declared[name] = { key, value };
  }
  return { declared, spellings };
}

/**
 * Istio's rule (webhook.go, applyPrometheusMerge): unless the pod says scrape=false, the annotations point
 * Prometheus to the merged endpoint, and what they pointed to is recorded on the proxy.
 *
 * @throws OutriggerError OR1205 for a port that cannot be scraped.
 */
export function planPrometheus(
  annotations: Readonly<Record<string, string>>,
  statusPort: number,
  declaredPorts: readonly number[],
): PrometheusPlan {
  const { declared, spellings } = readDeclared(annotations);
  if (declared.scrape !== undefined && parseBool(declared.scrape.value) === false) return nothing;
  if (declared.port?.value === String(statusPort)) return nothing;
  const warnings: string[] = [];
  const extra = parseTargets(annotations[targetsKey], warnings);
  const port = declared.port === undefined ? undefined : checkPort(declared.port.value, declared.port.key);
  return {
    remove: [...spellings, ...(Object.hasOwn(annotations, targetsKey) ? [targetsKey] : [])],
    add: {
      'prometheus.io/port': String(statusPort),
      'prometheus.io/path': '/stats/prometheus',
      'prometheus.io/scrape': 'true',
    },
    ...(spellings.length > 0 || extra.length > 0
      ? describeTargets(declared, { port, extra, declaredPorts })
      : { targets: [], record: undefined }),
    warnings,
  };
}

interface Targets {
  readonly port: number | undefined;
  readonly extra: readonly ScrapeTarget[];
  readonly declaredPorts: readonly number[];
}

function describeTargets(
  declared: Declared,
  { port, extra, declaredPorts }: Targets,
): Pick<PrometheusPlan, 'targets' | 'record'> {
  const path = declared.path?.value ?? '';
  const https = declared.scheme?.value === 'https';
  const ports = port !== undefined ? [port] : extra.length > 0 ? [] : declaredPorts.slice(0, mostPorts);
  const first = port === undefined ? extra[0] : undefined;
  const record = {
    scrape: declared.scrape?.value ?? '',
    path: first?.path ?? path,
    port: String(port ?? first?.port ?? ''),
    ...(https ? { scheme: 'https' } : {}),
    ...(extra.length > 0 ? { targets: extra.map((target) => ({ port: String(target.port), path: target.path })) } : {}),
  };
  const main = ports.map((one) => ({ port: one, path: path === '' ? '/metrics' : path, https }));
  return { targets: distinct([...main, ...extra]), record: JSON.stringify(record) };
}

/** The targets of a pod that was injected before: its annotations are the proxy's, the record holds the user's. */
export function targetsOfRecord(record: string, declaredPorts: readonly number[]): ScrapeTarget[] {
  const value: unknown = JSON.parse(record);
  if (!isObject(value)) return [];
  const targets = Array.isArray(value['targets']) ? value['targets'].filter(isObject) : [];
  const path = String(value['path'] || '/metrics');
  const ports = value['port'] ? [Number(value['port'])] : declaredPorts.slice(0, mostPorts);
  return distinct([
    ...ports.map((port) => ({ port, path, https: value['scheme'] === 'https' })),
    ...targets.map((target) => ({ port: Number(target['port']), path: String(target['path']), https: false })),
  ]);
}

function distinct(targets: readonly ScrapeTarget[]): ScrapeTarget[] {
  const seen = new Map(targets.map((target) => [`${target.port}${target.path}`, target]));
  return [...seen.values()];
}

function checkPort(text: string, key: string): number {
  const port = parseUint(text, 16);
  const at = `metadata.annotations["${key}"]`;
  if (port === undefined || port === 0)
    throw new OutriggerError('OR1205', `${JSON.stringify(text.slice(0, 100))} is not a port from 1 to 65535`, { at });
  if (reserved.includes(port)) throw new OutriggerError('OR1205', `port ${port} is one of the proxy's own`, { at });
  return port;
}

/** `port[:path]`, comma separated; a malformed item is said and left out, a bad port refuses the pod. */
function parseTargets(text: string | undefined, warnings: string[]): ScrapeTarget[] {
  const targets: ScrapeTarget[] = [];
  for (const item of (text ?? '').split(',').map((one) => one.trim())) {
    if (item === '') continue;
    const [port = '', ...rest] = item.split(':');
    const path = rest.join(':');
    if (path !== '' && !path.startsWith('/')) {
      warnings.push(`${targetsKey}: ${JSON.stringify(item.slice(0, 100))} is left out: write port or port:/path.`);
      continue;
    }
    if (targets.length === mostTargets)
      throw new OutriggerError('OR1205', `more than ${mostTargets} targets are too many`, {
        at: `metadata.annotations["${targetsKey}"]`,
      });
    targets.push({ port: checkPort(port, targetsKey), path: path === '' ? '/metrics' : path, https: false });
  }
  return targets;
}
