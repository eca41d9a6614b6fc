import { RE2JS } from 're2js';
import { descriptors } from '../encode/descriptors.ts';
import type { Rule } from './limits.ts';

/** What a value that breaks a rule has to do: `be at least 1`; undefined: it breaks none. Values are those of protobuf's JSON. */
export type Check = (rule: Rule, value: unknown, type: string) => string | undefined;

/** By the kind of rule. Of messages, lists and maps see broken-limit.ts: they lead to further values. */
export const valueChecks: Readonly<Record<string, Check>> = {
  string: brokenText,
  bytes: (rule, value) => brokenLength(rule, Buffer.from(String(value ?? ''), 'base64').length, 'bytes'),
  bool: (rule, value) =>
    'const' in rule && rule['const'] !== (value ?? false) ? `be ${String(rule['const'])}` : undefined,
  enum: brokenEnum,
  duration: (rule, value) => (value === undefined ? undefined : brokenRange(rule, secondsOf(value), printSeconds)),
  ...Object.fromEntries(
    ['double', 'float', 'int32', 'int64', 'uint32', 'uint64'].map((kind): [string, Check] => [
      kind,
      (rule, value) => brokenRange(rule, Number(value ?? 0), String),
    ]),
  ),
};

function brokenText(rule: Rule, given: unknown): string | undefined {
  const value = String(given ?? '');
  if (value === '' && rule['ignore_empty'] === true) return undefined;
  const characters = [...value].length;
  const { min_len: least, max_len: most, pattern, well_known_regex: known } = rule;
  if (typeof least === 'number' && characters < least)
    return least === 1 ? 'not be empty' : atLeast(least, 'characters');
  if (typeof most === 'number' && characters > most) return `have at most ${most} characters`;
  if (typeof pattern === 'string' && !RE2JS.compile(pattern).matcher(value).find()) return `match ${pattern}`;
  if (known !== undefined && !isHeaderText(String(known), rule['strict'] !== false, value))
    return known === 'HTTP_HEADER_NAME' ? 'be the name of a header' : 'be the value of a header';
  return brokenLength({ max_len: rule['max_bytes'], min_len: rule['min_bytes'] }, Buffer.byteLength(value), 'bytes');
}

/** `well_known_regex`: text of headers never has these, and strictly no other control character but a tab. */
function isHeaderText(known: string, strict: boolean, value: string): boolean {
  if (/[\0\n\r]/.test(value)) return false;
  if (!strict) return true;
  return known === 'HTTP_HEADER_NAME' ? /^:?[\w!#$%&'*+\-.^`|~]*$/.test(value) : !/(?!\t)\p{Cc}/u.test(value);
}

function brokenLength(rule: Rule, length: number, unit: string): string | undefined {
  const { min_len: least, max_len: most } = rule;
  if (typeof least === 'number' && length < least) return atLeast(least, unit);
  return typeof most === 'number' && length > most ? `have at most ${most} ${unit}` : undefined;
}

function atLeast(count: number, unit: string): string {
  return `have at least ${count} ${unit}`;
}

/** Names are checked where they are written; a number may be none of them. */
function brokenEnum(rule: Rule, value: unknown, type: string): string | undefined {
  const names = descriptors().enums[type] ?? {};
  const number = typeof value === 'number' ? value : (names[String(value)] ?? 0);
  const refused = rule['not_in'];
  if ((Array.isArray(refused) ? refused : [refused]).includes(number)) return `not be ${String(value ?? number)}`;
  if (rule['defined_only'] !== true || Object.values(names).includes(number)) return undefined;
  return `be one of ${Object.keys(names).join(', ')}`;
}

/** Bounds are numbers, or durations as `{ seconds, nanos }` of which both may be absent. */
function brokenRange(rule: Rule, value: number, print: (bound: number) => string): string | undefined {
  const bound = (name: string): number | undefined => (rule[name] === undefined ? undefined : boundOf(rule[name]));
  const [gt, gte, lt, lte] = [bound('gt'), bound('gte'), bound('lt'), bound('lte')];
  if (gt !== undefined && value <= gt) return `be more than ${print(gt)}`;
  if (gte !== undefined && value < gte) return `be at least ${print(gte)}`;
  if (lt !== undefined && value >= lt) return `be less than ${print(lt)}`;
  return lte !== undefined && value > lte ? `be at most ${print(lte)}` : undefined;
}

function boundOf(bound: unknown): number {
  if (typeof bound !== 'object' || bound === null) return Number(bound);
  const { seconds = 0, nanos = 0 } = bound as { seconds?: unknown; nanos?: unknown };
  return Number(seconds) + Number(nanos) / 1e9;
}

function secondsOf(value: unknown): number {
  return Number(String(value).replace(/s$/, ''));
}

function printSeconds(seconds: number): string {
  return `${seconds}s`;
}
