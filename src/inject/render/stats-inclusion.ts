import { RE2JS } from 're2js';
import type { AnnotationReader } from './annotation-reader.ts';

/** Statistics of Envoy to keep beside the default set. */
export interface StatsInclusion {
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
  readonly regexps: readonly string[];
}

/** Each item is matched against every statistic that Envoy makes. */
const mostItems = 50;
/** Characters: compiling grows with the repetitions that a pattern asks for. */
const longestRegex = 100;

/** @throws OutriggerError OR1201 */
export function readStatsInclusion(reader: AnnotationReader): StatsInclusion {
  return {
    prefixes: readList(reader, 'sidecar.istio.io/statsInclusionPrefixes'),
    suffixes: readList(reader, 'sidecar.istio.io/statsInclusionSuffixes'),
    regexps: readRegexes(reader, 'sidecar.istio.io/statsInclusionRegexps'),
  };
}

function readList(reader: AnnotationReader, key: string): string[] {
  const items = (reader.text(key) ?? '').split(',').map((item) => item.trim());
  const given = items.filter((item) => item !== '');
  if (given.length > mostItems) throw reader.bad(key, `${mostItems} items at most`);
  return given;
}

/** Envoy's regular expressions are RE2's; one that it refuses would keep the proxy from starting. */
function readRegexes(reader: AnnotationReader, key: string): string[] {
  const patterns = readList(reader, key);
  const expected = `regular expressions of RE2, ${longestRegex} characters at most, separated by commas`;
  for (const pattern of patterns) {
    if (pattern.length > longestRegex) throw reader.bad(key, expected);
    try {
      RE2JS.compile(pattern);
    } catch {
      throw reader.bad(key, expected);
    }
  }
  return patterns;
}
