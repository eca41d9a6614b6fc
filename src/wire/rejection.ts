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

/** Of these Envoy 1.40 takes the good resources of a response that it rejects, and names the others, on delta streams. */
const appliedOneByOne: ReadonlySet<XdsType> = new Set(['cluster', 'listener']);

/** Envoy cuts the text of an error at 4 kB: then it may name some of the guilty only. */
const longestDetail = 4_000;

/**
 * Who is to blame for a NACK. As seen with Envoy 1.40:
 *
 *   clusters, listeners, refused when they are built    `Error adding/updating listener(s) A: reason\nB: reason`;
 *                                                       all others of the response are applied
 *   the same, refused by a constraint of the .proto     `Invalid duration: …`: no name, nothing is applied
 *   endpoints, routes, virtual hosts, secrets, filters  `malformed IP address: …`, `missing ): (`: no name; some of
 *                                                       the others are applied, by an order that is Envoy's own
 *
 * Without a name the response is halved until a part with one resource is rejected: 2·log2(n) responses, and no need
 * to know Envoy's texts.
 */
export function judge(
  subscription: { readonly type: XdsType; readonly protocol: 'delta' | 'sotw' },
  sent: Shortfall,
  detail: string,
): Verdict {
  const { resources, removed } = sent;
  const { type, protocol } = subscription;
  const named = appliedOneByOne.has(type) ? resources.filter(({ name }) => blames(detail, name)) : [];
  if (named.length > 0) {
    const others = resources.filter((resource) => !named.includes(resource));
    // The other protocol goes on from the last response that was taken as a whole.
    const done = others.length === 0 || (protocol === 'delta' && detail.length < longestDetail);
    return { guilty: named, retries: done ? [] : [{ resources: others, removed: [] }] };
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

/**
 * Envoy's words without the dump of the message that it puts into some of them: that is long, and of a secret it
 * would be the key.
 */
export function readableReason(detail: string): string {
  return (
    detail
      .replace(/goo\.gle\/debug[\s\S]*?\n: /g, '')
      .replace(/(: )?goo\.gle\/debug[\s\S]*$/, '')
      .trim()
      // One line of a log or a table.
      .replace(/\s*\n\s*/g, '; ')
  );
}
