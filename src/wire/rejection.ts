import type { EncodedResource, XdsType } from '../xds/resource.ts';
import type { Shortfall } from './holdings.ts';

/** A response as it was sent, for as long as it is not answered. */
export interface SentResponse extends Shortfall {
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Verdict {
  readonly guilty: readonly EncodedResource[];
  /** What the client did not take although it may be good: each goes again, as a response of its own. */
  readonly retries: readonly Shortfall[];
}

/** Of these Envoy takes the good resources of a response that it rejects, and names the others. */
const appliedOneByOne: ReadonlySet<XdsType> = new Set(['cluster', 'listener']);

/** Envoy cuts the text of an error at 4 kB: then it may name some of the guilty only. */
const longestDetail = 4_000;

/**
 * Who is to blame for a NACK. Clusters and listeners: Envoy says so (`Error adding/updating cluster(s) NAME: reason,
 * NAME: reason`). The other types: the response is halved until a part with one resource is rejected, which costs
 * 2·log2(n) responses and needs no knowledge of Envoy's texts.
 */
export function judge(type: XdsType, sent: Shortfall, detail: string): Verdict {
  const { resources, removed } = sent;
  const named = appliedOneByOne.has(type) ? resources.filter(({ name }) => blames(detail, name)) : [];
  if (named.length > 0) {
    const others = resources.filter((resource) => !named.includes(resource));
    const all = detail.length < longestDetail || others.length === 0;
    return { guilty: named, retries: all ? [] : [{ resources: others, removed: [] }] };
  }
  if (resources.length <= 1) {
    return {
      guilty: resources,
      retries: resources.length === 1 && removed.length > 0 ? [{ resources: [], removed }] : [],
    };
  }
  const middle = Math.ceil(resources.length / 2);
  const halves = [resources.slice(0, middle), resources.slice(middle)];
  return {
    guilty: [],
    retries: halves.map((half, index) => ({ resources: half, removed: index === 0 ? removed : [] })),
  };
}

/** The name stands at the beginning of an item of the list, with its reason after it. */
function blames(detail: string, name: string): boolean {
  return [`(s) ${name}: `, `, ${name}: `, `\n${name}: `].some((text) => detail.includes(text));
}
