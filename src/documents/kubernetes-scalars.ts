import type { Scalar, ScalarTag, TagId } from 'yaml';
import { stringifyString } from 'yaml/util';

/**
 * Scalars as kubectl reads them: sigs.k8s.io/yaml on go-yaml v2, which is YAML 1.1 without base 60 and without
 * dates, plus `0o17`. What the user wrote and nobody changed is printed as it was; a text of ours is quoted
 * wherever any reader, of YAML 1.1 or 1.2, could take it for something else.
 */
export const kubernetesTags: (ScalarTag | TagId)[] = [
  'map',
  'seq',
  {
    tag: 'tag:yaml.org,2002:str',
    default: true,
    identify: (value) => typeof value === 'string',
    resolve: (source) => source,
    stringify: (item, context, onComment, onChompKeep) => {
      const text = printText(item);
      return typeof text === 'string' ? text : stringifyString(text, context, onComment, onChompKeep);
    },
  },
  'null',
  {
    tag: 'tag:yaml.org,2002:bool',
    default: true,
    identify: (value) => typeof value === 'boolean',
    test: /^(?:[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
    resolve: readBoolean,
    stringify: ({ value, source }) =>
      source !== undefined && readBoolean(source) === value ? source : String(value === true),
  },
  numberTag('int', /^[-+]?(?:0o[0-7_]+|0b[01_]+|0x[0-9a-f_]+|[0-9][0-9_]*)$/i),
  numberTag('float', /^(?:\.[0-9]+|[-+](?:\.[0-9_]+)|[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?)(?:e[-+]?[0-9_]+)?$/i),
  {
    tag: 'tag:yaml.org,2002:float',
    test: /^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$/,
    default: true,
    resolve: (source, onError) => {
      onError(`${source} is no value that an object of Kubernetes can hold`);
      return source;
    },
  },
];

function numberTag(name: 'int' | 'float', test: RegExp): ScalarTag {
  return {
    tag: `tag:yaml.org,2002:${name}`,
    default: true,
    identify: (value) => typeof value === 'number',
    test,
    resolve: readNumber,
    stringify: ({ value, source }) =>
      source !== undefined && readNumber(source) === value ? source : printNumber(Number(value)),
  };
}

function readBoolean(source: string): boolean {
  return /^(?:y|yes|true|on)$/i.test(source);
}

const bases: readonly [RegExp, number][] = [
  [/^([-+]?)0x([0-9a-f]+)$/i, 16],
  [/^([-+]?)0b([01]+)$/i, 2],
  [/^([-+]?)0o?([0-7]+)$/i, 8],
];

/** A text where it only looks like a number, such as `0x_`; 0 for -0, as in JSON. */
function readNumber(source: string): number | string {
  const plain = source.replaceAll('_', '');
  for (const [form, base] of bases) {
    const [, sign, digits] = form.exec(plain) ?? [];
    if (digits !== undefined) return Number.parseInt(digits, base) * (sign === '-' ? -1 : 1) + 0;
  }
  const value = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$/i.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? value + 0 : source;
}

/** YAML 1.1 wants a point before an exponent. */
function printNumber(value: number): string {
  return String(value).replace(/^(-?[0-9]+)e/, '$1.0e');
}

const ambiguous = new RegExp(
  `^(?:${[
    '~|null|y|yes|n|no|true|false|on|off|<<|=',
    '[-+]?\\.(?:inf|nan)',
    '[-+]?0(?:b[01_]*|o[0-7_]*|x[0-9a-f_]*)',
    '[-+]?[0-9][0-9_]*(?::[0-9_]+)+(?:\\.[0-9_]*)?',
    '[-+]?(?:[0-9][0-9_,]*)?(?:\\.[0-9_,]*)?(?:e[-+]?[0-9_]*)?',
    '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[t \\t].*)?',
  ].join('|')})$`,
  'i',
);
/** Not printable, or the end of a line, in YAML 1.1 alone. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const escaped = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** Lines that a block scalar may lose its spaces of. */
const oddBlock = /^[ \t]*\n|^[ \t][\s\S]*\n|\n[ \t]+\n*$|[ \t]\n+$/;

/** The text itself, or what is left to the library. */
function printText(item: Scalar): string | { value: string; type?: Scalar.Type; comment?: string | null } {
  const value = String(item.value);
  if (value.search(escaped) >= 0 || oddBlock.test(value)) {
    return JSON.stringify(value).replace(escaped, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  const plain = item.type === undefined || item.type === 'PLAIN';
  const { comment, type } = item;
  const wanted = { value, ...(comment === undefined ? {} : { comment }), ...(type === undefined ? {} : { type }) };
  if (!plain || !(ambiguous.test(value) || /^[^\n]*\t[^\n]*$/.test(value))) return wanted;
  return item.type === 'PLAIN' && item.source === value ? value : { ...wanted, type: 'QUOTE_DOUBLE' };
}
