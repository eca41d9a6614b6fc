import { Value } from 'typebox/value';
import { parse as parseYaml } from 'yaml';
import { OutriggerError } from '../errors.ts';
import { type ConfigKey, describeType } from './config-keys.ts';

/** A value for a key, and who gave it: `config.yaml:3:5`, `OUTRIGGER_LOG_LEVEL`, `--log-level`. */
export interface Given {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly origin: string;
}

/** Throws OR1002 naming key, value and what would be right. */
export function checkValue({ key, value, origin }: Given): unknown {
  const fitting = key.schema.anyOf !== undefined && typeof value !== 'object' ? String(value) : value;
  if (Value.Check(key.schema, fitting)) return fitting;
  const shown = JSON.stringify(value)?.slice(0, 80) ?? String(value);
  const detail = `${key.path} is ${shown}, and must be ${describeType(key.schema)}`;
  throw new OutriggerError('OR1002', detail, { at: origin });
}

/** The value that a flag or an environment variable means. A text that does not fit is left for `checkValue`. */
export function readText(key: ConfigKey, text: string): unknown {
  const { type } = key.schema;
  if (key.schema.anyOf !== undefined || type === 'string') return text;
  if (type === 'boolean') return { true: true, false: false }[text] ?? text;
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) return readFlow(trimmed);
  if (type === 'array') return trimmed === '' ? [] : trimmed.split(',').map((item) => item.trim());
  return readPairs(trimmed);
}

function readFlow(text: string): unknown {
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch {
    // Not the flow form after all: the text as it stands fails the check, with a message on the key.
    return text;
  }
}

/** `a=b,c=d` */
function readPairs(text: string): unknown {
  if (text === '') return {};
  const pairs = text.split(',').map((pair) => pair.split(/=(.*)/s, 2));
  return pairs.every((pair) => pair.length === 2) ? Object.fromEntries(pairs) : text;
}
