import type { HttpMatch } from '../../schema/virtual-service/http-match.ts';

type Matches = readonly HttpMatch[];
type Text = NonNullable<HttpMatch['uri']>;

const texts = ['uri', 'scheme', 'method', 'authority'] as const;
const maps = ['headers', 'withoutHeaders', 'queryParams'] as const;

/**
 * The conditions of a rule of a delegate under those of the rule that names it: each of the one with each of the other,
 * but for pairs that no request fits. Undefined where a condition of the delegate goes with none of the root: then, as in
 * Istio, the whole rule is left out. An empty list has no conditions.
 */
export function joinMatches(root: Matches, own: Matches): Matches | undefined {
  if (root.length === 0) return own;
  if (own.length === 0) return root;
  const joined = own.map((match) =>
    root.filter((outer) => !isConflict(outer, match)).map((outer) => join(outer, match)),
  );
  return joined.some((list) => list.length === 0) ? undefined : joined.flat();
}

/** `root-own`, or whichever of the two is given. */
export function joinNames(root: string | undefined, own: string | undefined): string | undefined {
  const names = [root, own].filter((name) => name !== undefined && name !== '');
  return names.length === 0 ? undefined : names.join('-');
}

/** What the delegate says wins; labels, headers and parameters are put together. */
function join(root: HttpMatch, own: HttpMatch): HttpMatch {
  const name = joinNames(root.name, own.name);
  const united = [...maps, 'sourceLabels' as const].flatMap((field) =>
    root[field] === undefined && own[field] === undefined ? [] : [[field, { ...root[field], ...own[field] }] as const],
  );
  return { ...root, ...own, ...Object.fromEntries(united), ...(name === undefined ? {} : { name }) };
}

function isConflict(root: HttpMatch, own: HttpMatch): boolean {
  return (
    texts.some((field) => isTextConflict(root[field], own[field])) ||
    maps.some((field) =>
      Object.entries(own[field] ?? {}).some(([key, text]) => isTextConflict(root[field]?.[key], text)),
    ) ||
    (root.ignoreUriCase ?? false) !== (own.ignoreUriCase ?? false) ||
    (root.port !== undefined && own.port !== undefined && root.port !== own.port) ||
    isSourceConflict(root, own)
  );
}

/** A source that the root names must be the delegate's, too; a delegate that names none is in conflict as well. */
function isSourceConflict(root: HttpMatch, own: HttpMatch): boolean {
  if (root.sourceNamespace !== undefined && root.sourceNamespace !== own.sourceNamespace) return true;
  const labels = Object.entries(own.sourceLabels ?? {});
  if (labels.some(([key, value]) => (root.sourceLabels?.[key] ?? value) !== value)) return true;
  const { gateways = [] } = root;
  return gateways.length > 0 && (own.gateways ?? []).some((gateway) => !gateways.includes(gateway));
}

/**
 * Whether the delegate's text is no narrower than the root's. Expressions cannot be compared, and Istio does not compare
 * a mere presence with anything either.
 */
function isTextConflict(root: Text | undefined, own: Text | undefined): boolean {
  if (root === undefined || own === undefined) return false;
  if (root.regex !== undefined || own.regex !== undefined) return true;
  if (root.exact !== undefined) return own.exact !== root.exact;
  const narrower = own.prefix ?? own.exact;
  return root.prefix === undefined || narrower === undefined || !narrower.startsWith(root.prefix);
}
