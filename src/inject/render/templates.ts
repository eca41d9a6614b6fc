import jsone from 'json-e';
import { parse } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import type { Json } from '../../model/json.ts';
import type { RenderContext } from './context.ts';
import { decodeTemplatePod, type TemplatePod } from './template-pod.ts';

/** Injection templates by name: parsed YAML, json-e. */
export type Templates = ReadonlyMap<string, Json>;

/** A template as configuration gives it: data, or YAML text. @throws OutriggerError OR1302 */
export function parseTemplate(name: string, source: unknown): Json {
  if (typeof source !== 'string') return source as Json;
  try {
    return parse(source, { maxAliasCount: 100 }) as Json;
  } catch (cause) {
    throw new OutriggerError('OR1302', `it is no YAML: ${firstLine(cause)}`, { at: `template ${name}`, cause });
  }
}

/** @throws OutriggerError OR1301 unknown name, OR1302 the template fails, OR1303 it renders something else than a pod. */
export function renderTemplate(templates: Templates, name: string, context: RenderContext): TemplatePod {
  const template = templates.get(name);
  if (template === undefined) {
    const names = [...templates.keys()].sort().join(', ');
    throw new OutriggerError('OR1301', `there is no template ${JSON.stringify(name)}; there are ${names}`, {
      at: 'metadata.annotations["inject.istio.io/templates"]',
    });
  }
  let rendered: Json;
  try {
    rendered = jsone(template as never, context as never) as Json;
  } catch (cause) {
    throw new OutriggerError('OR1302', firstLine(cause), { at: `template ${name}`, cause });
  }
  return decodeTemplatePod(rendered, name);
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
