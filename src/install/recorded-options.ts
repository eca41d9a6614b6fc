import { OutriggerError } from '../errors.ts';
import { isObject, type Json } from '../model/json.ts';
import { defaultManifestOptions, type ManifestOptions } from './manifest-options.ts';

/** What the ConfigMap of the options leaves out: certificate and tags are in the webhooks, the namespace is its own. */
export type RecordedOptions = Omit<ManifestOptions, 'caPem' | 'namespace' | 'tags'>;

/** Equal options give equal text: keys are sorted, and named as `--set` and the values of the chart name them. */
export function recordOptions(options: ManifestOptions): string {
  const { revisionTags: _, ...others } = chartValues(options);
  return JSON.stringify(sorted(others as unknown as Json));
}

/** The options as values of the Helm chart. */
export function chartValues({ caPem: _, namespace: __, ...options }: ManifestOptions) {
  const { tags, namespacesByDefault, ...others } = options;
  return { ...others, revisionTags: tags, enableNamespacesByDefault: namespacesByDefault };
}

/** Throws OR2510 where it is no such text. Keys that it lacks, as of an older version, are at their default. */
export function readRecorded(text: string, at: string): RecordedOptions {
  const { namespace: _, tags: __, ...defaults } = defaultManifestOptions;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OutriggerError('OR2510', 'its key options.json is no JSON', { at, cause });
  }
  if (!isObject(value)) throw new OutriggerError('OR2510', 'its key options.json is no map', { at });
  const { enableNamespacesByDefault: namespacesByDefault = false, ...others } = value;
  const gateways = isObject(value['gateways']) ? value['gateways'] : {};
  const renamed = { namespacesByDefault } as Pick<RecordedOptions, 'namespacesByDefault'>;
  return { ...defaults, ...others, ...renamed, gateways: { ...defaults.gateways, ...gateways } };
}

export function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
