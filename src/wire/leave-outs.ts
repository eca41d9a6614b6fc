/** So many contents are tried before all patches are left out. */
const mostTrials = 32;

/**
 * What to leave out of a list, one trial after the other: each item alone, then each two, the last ones first as they came
 * last, at the end all. While one is to blame, no trial that is taken lacks another one: it might be a filter that keeps
 * strangers out.
 */
export function* leaveOuts<T>(items: readonly T[]): Generator<readonly T[]> {
  let trials = 0;
  for (const some of oneOrTwo(items.toReversed())) {
    if (some.length >= items.length || trials === mostTrials) break;
    trials += 1;
    yield some;
  }
  if (items.length > 0) yield items;
}

function* oneOrTwo<T>(items: readonly T[]): Generator<readonly T[]> {
  for (const item of items) yield [item];
  for (const [index, item] of items.entries()) for (const other of items.slice(index + 1)) yield [item, other];
}
