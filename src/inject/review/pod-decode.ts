import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';

/**
 * Checks the fields of a pod that injection reads; all others pass as they are. The value itself is the
 * result: nothing is copied, coerced or dropped.
 *
 * @throws OutriggerError OR1204 naming the field.
 */
export function decodePod(value: unknown, at = 'the pod'): Pod {
  const pod = need(isObject(value), value, at, 'a mapping') as JsonObject;
  const metadata = pod['metadata'] === undefined || pod['metadata'] === null ? {} : pod['metadata'];
  const fields = need(isObject(metadata), metadata, `${at}: metadata`, 'a mapping') as JsonObject;
  for (const field of ['name', 'generateName', 'namespace']) optionalText(fields[field], `${at}: metadata.${field}`);
  for (const field of ['labels', 'annotations']) textMap(fields[field], `${at}: metadata.${field}`);
  checkList(fields['ownerReferences'], `${at}: metadata.ownerReferences`, 'kind');
  const spec = need(isObject(pod['spec']), pod['spec'], `${at}: spec`, 'a mapping') as JsonObject;
  checkSpec(spec, `${at}: spec`);
  const cleaned = dropNulls(fields);
  return (cleaned === pod['metadata'] ? pod : { ...pod, metadata: cleaned }) as unknown as Pod;
}

function checkSpec(spec: JsonObject, at: string): void {
  need(
    Array.isArray(spec['containers']) && spec['containers'].length > 0,
    spec['containers'],
    `${at}.containers`,
    'a list with at least one container',
  );
  const names = new Set<string>();
  for (const field of ['containers', 'initContainers']) {
    for (const [index, item] of checkList(spec[field], `${at}.${field}`, 'name').entries()) {
      checkContainer(item, `${at}.${field}[${index}]`);
      const name = String(item['name']);
      need(!names.has(name), name, `${at}.${field}[${index}].name`, 'a name that no other container of the pod has');
      names.add(name);
    }
  }
  checkList(spec['volumes'], `${at}.volumes`, 'name');
  // Charts render secrets without a name, which Kubernetes takes and ignores.
  checkList(spec['imagePullSecrets'], `${at}.imagePullSecrets`);
  for (const field of ['serviceAccountName', 'nodeName']) optionalText(spec[field], `${at}.${field}`);
  optional(spec['hostNetwork'], typeof spec['hostNetwork'] === 'boolean', `${at}.hostNetwork`, 'true or false');
  optional(spec['securityContext'], isObject(spec['securityContext']), `${at}.securityContext`, 'a mapping');
}

function checkContainer(container: JsonObject, at: string): void {
  optionalText(container['image'], `${at}.image`);
  checkList(container['env'], `${at}.env`, 'name');
  for (const [index, port] of checkList(container['ports'], `${at}.ports`).entries()) {
    const number = port['containerPort'];
    need(
      Number.isInteger(number) && Number(number) > 0 && Number(number) < 65536,
      number,
      `${at}.ports[${index}].containerPort`,
      'a port from 1 to 65535',
    );
    optionalText(port['name'], `${at}.ports[${index}].name`);
  }
  for (const field of ['command', 'args']) {
    const value = container[field];
    optional(
      value,
      Array.isArray(value) && value.every((item) => typeof item === 'string'),
      `${at}.${field}`,
      'a list of texts',
    );
  }
  for (const field of ['readinessProbe', 'livenessProbe', 'startupProbe'])
    checkHandler(container[field], `${at}.${field}`);
  const lifecycle = container['lifecycle'];
  optional(lifecycle, isObject(lifecycle), `${at}.lifecycle`, 'a mapping');
  if (isObject(lifecycle))
    for (const field of ['preStop', 'postStart']) checkHandler(lifecycle[field], `${at}.lifecycle.${field}`);
  for (const field of ['securityContext', 'resources'])
    optional(container[field], isObject(container[field]), `${at}.${field}`, 'a mapping');
}

function checkHandler(handler: Json | undefined, at: string): void {
  optional(handler, isObject(handler), at, 'a mapping');
  if (!isObject(handler)) return;
  for (const kind of ['httpGet', 'tcpSocket', 'grpc']) {
    const action = handler[kind];
    optional(action, isObject(action), `${at}.${kind}`, 'a mapping');
    if (!isObject(action)) continue;
    const port = action['port'];
    need(typeof port === 'string' || Number.isInteger(port), port, `${at}.${kind}.port`, 'a port or the name of one');
    optionalText(action['path'], `${at}.${kind}.path`);
    checkList(action['httpHeaders'], `${at}.${kind}.httpHeaders`, 'name');
  }
}

function checkList(value: Json | undefined, at: string, key?: string): JsonObject[] {
  if (value === undefined || value === null) return [];
  const list = need(Array.isArray(value), value, at, 'a list') as Json[];
  return list.map((item, index) => {
    need(isObject(item), item, `${at}[${index}]`, 'a mapping');
    const object = item as JsonObject;
    if (key !== undefined)
      need(typeof object[key] === 'string' && object[key] !== '', object[key], `${at}[${index}].${key}`, 'a text');
    return object;
  });
}

function textMap(value: Json | undefined, at: string): void {
  if (value === undefined || value === null) return;
  const map = need(isObject(value), value, at, 'a mapping') as JsonObject;
  for (const [key, text] of Object.entries(map)) {
    need(
      typeof text === 'string',
      text,
      `${at}["${key}"]`,
      `a text; write it in quotes: ${JSON.stringify(String(text))}`,
    );
  }
}

function optionalText(value: Json | undefined, at: string): void {
  optional(value, typeof value === 'string', at, 'a text');
}

function optional(value: Json | undefined, fits: boolean, at: string, expected: string): void {
  if (value !== undefined && value !== null) need(fits, value, at, expected);
}

function need(fits: boolean, value: unknown, at: string, expected: string): unknown {
  if (fits) return value;
  const shown =
    value === undefined ? 'nothing' : /\.env\b/.test(at) ? `a ${typeof value}` : JSON.stringify(value)?.slice(0, 80);
  throw new OutriggerError('OR1204', `${expected} is needed, not ${shown}`, { at });
}

/** `labels: null` and the like, as YAML writes empty values. */
function dropNulls(metadata: JsonObject): JsonObject {
  const hasNull = Object.values(metadata).some((value) => value === null);
  return hasNull ? Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null)) : metadata;
}
