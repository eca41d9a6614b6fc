import { OutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import { isObject } from '../../model/json.ts';
import { parseBool, parseUint } from '../review/go-values.ts';

/** Typed reads of a pod's annotations. A bad value refuses the pod: key, value and what would be right. */
export class AnnotationReader {
  readonly #annotations: Readonly<Record<string, string>>;

  constructor(annotations: Readonly<Record<string, string>>) {
    this.#annotations = annotations;
  }

  text(key: string): string | undefined {
    return Object.hasOwn(this.#annotations, key) ? this.#annotations[key] : undefined;
  }

  at(key: string): string {
    return `metadata.annotations["${key}"]`;
  }

  /** A text that goes onto a command line or into an image name: printable, not empty. */
  word(key: string): string | undefined {
    const value = this.text(key);
    if (value === undefined || value === '') return undefined;
    if (/^[\x21-\x7e]{1,512}$/.test(value)) return value;
    throw this.bad(key, 'printable characters without spaces, at most 512');
  }

  /** An empty value is none. */
  matching(key: string, pattern: RegExp, expected: string): string | undefined {
    const value = this.text(key);
    if (value === undefined || value === '') return undefined;
    if (pattern.test(value)) return value;
    throw this.bad(key, expected);
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const found = values.find((one) => one === value);
    if (found === undefined) throw this.bad(key, `one of ${values.join(', ')}`);
    return found;
  }

  bool(key: string): boolean | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const parsed = parseBool(value);
    if (parsed === undefined) throw this.bad(key, '"true" or "false"');
    return parsed;
  }

  uint(key: string, bits: 16 | 32): number | undefined {
    const value = this.text(key);
    if (value === undefined) return undefined;
    const parsed = parseUint(value, bits);
    if (parsed === undefined) throw this.bad(key, `a whole number from 0 to ${2 ** bits - 1}`);
    return parsed;
  }

  /** A JSON list of named objects, or a JSON mapping from name to object (both are in use), by name. */
  namedObjects(key: string): readonly JsonObject[] {
    const value = this.text(key);
    if (value === undefined || value === '') return [];
    const expected = 'a JSON mapping from name to volume, such as {"cache":{"emptyDir":{}}}';
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      throw this.bad(key, expected);
    }
    const entries = Array.isArray(parsed)
      ? parsed
      : isObject(parsed)
        ? Object.keys(parsed)
            .sort()
            .map((name) => (isObject(parsed[name]) ? { name, ...parsed[name] } : parsed[name]))
        : [undefined];
    return entries.map((entry: unknown) => {
      if (!isObject(entry) || typeof entry['name'] !== 'string') throw this.bad(key, expected);
      return entry;
    });
  }

  bad(key: string, expected: string): OutriggerError {
    const shown = JSON.stringify((this.text(key) ?? '').slice(0, 100));
    return new OutriggerError('OR1201', `${shown} is not possible: write ${expected}`, { at: this.at(key) });
  }
}
