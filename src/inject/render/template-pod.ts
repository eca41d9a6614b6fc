import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Container, Named } from '../../model/pod.ts';

/** What a template rendered: a partial pod, its lists checked. `raw` is laid over the pod. */
export interface TemplatePod {
  readonly raw: JsonObject;
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly Named[];
  readonly imagePullSecrets: readonly Named[];
}

const textMaps = ['labels', 'annotations'] as const;
const namedLists = ['containers', 'initContainers', 'volumes', 'imagePullSecrets'] as const;

/** @throws OutriggerError OR1303 naming template and field. */
export function decodeTemplatePod(value: Json, template: string): TemplatePod {
  const raw = mapping(value, template, 'the template');
  const metadata = mapping(raw['metadata'] ?? {}, template, 'metadata');
  const spec = mapping(raw['spec'] ?? {}, template, 'spec');
  for (const field of textMaps)
    checkTexts(mapping(metadata[field] ?? {}, template, `metadata.${field}`), template, `metadata.${field}`);
  const lists = Object.fromEntries(
    namedLists.map((field) => [field, namedList(spec[field], template, `spec.${field}`)]),
  );
  const kept = Object.fromEntries(Object.entries(spec).filter(([field]) => !isEmptyList(spec[field], field)));
  return {
    raw: { ...raw, spec: kept },
    containers: (lists['containers'] ?? []) as Container[],
    initContainers: (lists['initContainers'] ?? []) as Container[],
    volumes: lists['volumes'] ?? [],
    imagePullSecrets: lists['imagePullSecrets'] ?? [],
  };
}

/** An empty list of a template adds nothing; it must not add an empty field to the pod either. */
function isEmptyList(value: Json | undefined, field: string): boolean {
  return (namedLists as readonly string[]).includes(field) && Array.isArray(value) && value.length === 0;
}

function mapping(value: Json, template: string, at: string): JsonObject {
  if (isObject(value)) return value;
  throw wrong(template, at, 'a mapping', value);
}

function checkTexts(map: JsonObject, template: string, at: string): void {
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string' && value !== null) throw wrong(template, `${at}["${key}"]`, 'a text', value);
  }
}

function namedList(value: Json | undefined, template: string, at: string): Named[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong(template, at, 'a list', value);
  return value.map((item, index) => {
    if (isObject(item) && typeof item['name'] === 'string' && item['name'] !== '') return item as unknown as Named;
    throw wrong(template, `${at}[${index}]`, 'a mapping with a name', item);
  });
}

function wrong(template: string, at: string, expected: string, found: Json): OutriggerError {
  const shown = JSON.stringify(found)?.slice(0, 80);
  return new OutriggerError('OR1303', `${at} has to be ${expected}, not ${shown}`, { at: `template ${template}` });
}
