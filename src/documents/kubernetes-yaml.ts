import {
  type Document,
  isMap,
  isScalar,
  type LineCounter,
  parseAllDocuments,
  stringify,
  type Tags,
  type ToStringOptions,
  visit,
  YAMLParseError,
} from 'yaml';
import { kubernetesTags } from './kubernetes-scalars.ts';

/** In place of all that the library would resolve. */
const schema = { schema: 'yaml-1.1', customTags: tagsOf, resolveKnownTags: false } as const;

/** Of the library's own tags only the merge key stays, and a text `<<` is none. */
function tagsOf(tags: Tags): Tags {
  const merge = tags.find((tag) => typeof tag === 'object' && tag.tag === 'tag:yaml.org,2002:merge');
  const key = typeof merge === 'object' ? [{ ...merge, identify: (value: unknown) => typeof value === 'symbol' }] : [];
  return [...kubernetesTags, ...key] as Tags;
}

/** Nothing is folded: lines are as long as their text. */
export const printOptions = {
  lineWidth: 0,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const satisfies ToStringOptions;

/** The documents of a stream, in time linear in its length; a key that is there twice is an error of its document. */
export function parseYaml(text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  // The check of the library compares every key with every other.
  const options = { ...schema, lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
  const documents = withoutStacks(() => parseAllDocuments(text, options));
  if (!Array.isArray(documents)) return [];
  for (const document of documents) if (document.errors.length === 0) check(document);
  return documents;
}

/** A stream may have a fault in each line, and stacks are what costs. */
function withoutStacks<T>(task: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return task();
  } finally {
    Error.stackTraceLimit = before;
  }
}

/** Each is looked up among all anchors. */
const mostAliases = 1000;

export function printYaml(value: unknown): string {
  return stringify(value, { ...schema, ...printOptions, aliasDuplicateObjects: false });
}

function check(document: Document.Parsed): void {
  let aliases = 0;
  visit(document, {
    Alias: (_, alias) => {
      aliases += 1;
      if (aliases <= mostAliases) return undefined;
      const [begin = 0, end = 0] = alias.range ?? [];
      document.errors.push(new YAMLParseError([begin, end], 'BAD_ALIAS', `It is one more than ${mostAliases} aliases`));
      return visit.BREAK;
    },
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const problem = checkKey(key, seen);
        if (problem === undefined) continue;
        const range = isMap(key) || isScalar(key) ? key.range : map.range;
        document.errors.push(new YAMLParseError([range?.[0] ?? 0, range?.[1] ?? 0], 'DUPLICATE_KEY', problem));
        return visit.BREAK;
      }
      return undefined;
    },
  });
}

function checkKey(key: unknown, seen: Set<string>): string | undefined {
  if (!isScalar(key) || key.value === null) return 'Map keys must be text';
  // Several maps may be merged into one.
  if (typeof key.value === 'symbol') return undefined;
  const name = String(key.value);
  if (seen.has(name)) return `Map keys must be unique, ${JSON.stringify(name.slice(0, 100))} is there twice`;
  seen.add(name);
  return undefined;
}
