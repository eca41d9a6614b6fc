import jsone from 'json-e';
import { parse } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import type { Json } from '../../model/json.ts';
import { compileTemplate } from './compiled-template.ts';
import type { RenderContext } from './context.ts';
import { decodeTemplatePod, type TemplatePod } from './template-pod.ts';

/** Injection templates by name: each a function of what it may see. */
export type Templates = ReadonlyMap<string, (context: RenderContext) => Json>;

/** The conditions in the built-in templates: all other names of the context are placed as they are. */
const conditions = ['native', 'capture', 'privileged'];

/** `builtIn` are texts of the project's own, compiled; `further` come from configuration and run as they are. */
export function buildTemplates(
  builtIn: Readonly<Record<string, string>>,
  further: Readonly<Record<string, unknown>>,
): Templates {
  const compiled = Object.entries(builtIn).map(
    ([name, text]) => [name, compileTemplate(parseTemplate(name, text), conditions)] as const,
  );
  const plain = Object.entries(further).map(
    ([name, source]) => [name, plainTemplate(parseTemplate(name, source))] as const,
  );
  return new Map([...compiled, ...plain]);
}

export function plainTemplate(template: Json): (context: RenderContext) => Json {
  return (context) => jsone(template as never, context as never) as Json;
}

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
    rendered = template(context);
  } catch (cause) {
    throw new OutriggerError('OR1302', firstLine(cause), { at: `template ${name}`, cause });
  }
  return decodeTemplatePod(rendered, name);
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
