import { isObject, type JsonObject } from '../../model/json.ts';
import type { Container } from '../../model/pod.ts';
import { expandVariables } from './expand-variables.ts';
import { readField } from './pod-fields.ts';
import type { PodSandbox } from './sandbox.ts';

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of a container, in its order: a variable may name those before it. */
export function environmentOf(container: Container, sandbox: PodSandbox): Record<string, string> {
  const env: Record<string, string> = { PATH: path, ...sandbox.image(container, sandbox.pod).env };
  for (const item of container.env ?? []) {
    const source = isObject(item['valueFrom']) ? item['valueFrom'] : undefined;
    if (source === undefined) env[item.name] = expandVariables(String(item['value'] ?? ''), env);
    else env[item.name] = readSource(source, container, sandbox);
  }
  return env;
}

function readSource(source: JsonObject, container: Container, sandbox: PodSandbox): string {
  const { fieldRef, resourceFieldRef, configMapKeyRef } = source;
  if (isObject(resourceFieldRef)) return readResource(resourceFieldRef, container);
  if (isObject(configMapKeyRef)) {
    return sandbox.configMaps[String(configMapKeyRef['name'])]?.[String(configMapKeyRef['key'])] ?? '';
  }
  if (!isObject(fieldRef)) throw new Error(`the pod runner knows no ${Object.keys(source).join()}`);
  const field = String(fieldRef['fieldPath']);
  if (field === 'status.podIP' || field === 'status.podIPs') return sandbox.podIp;
  if (field === 'status.hostIP' || field === 'status.hostIPs') return sandbox.nodeIp;
  return readField(sandbox.pod, field);
}

/** `limits.cpu` in whole cores, rounded up, and the like; 1 where the container has none, as there are no cgroups. */
function readResource(reference: JsonObject, container: Container): string {
  const [kind = '', name = ''] = String(reference['resource']).split('.');
  const listed = isObject(container.resources) ? container.resources[kind] : undefined;
  const value = isObject(listed) ? String(listed[name] ?? '1') : '1';
  return value.endsWith('m') ? String(Math.ceil(Number(value.slice(0, -1)) / 1000)) : value;
}
