import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { agrees, differences } from '../compare.ts';
import { minimise } from '../minimise.ts';
import type { ProxyStates } from '../proxy-states.ts';
import { simulated, workloads } from '../simulated.ts';
import type { Verdict } from '../simulator/call.ts';
import type { Placed } from '../world/make-calls.ts';
import type { World } from '../world/world.ts';
import type { LiveMesh } from './live-mesh.ts';
import type { Observation } from './observation.ts';

/** A call of which the simulator says one thing and the proxies do another. */
export interface Disagreement {
  readonly placed: Placed;
  readonly verdicts: readonly Verdict[];
  readonly seen: Observation;
}

export interface Judgement {
  readonly disagreements: readonly Disagreement[];
  /** What proxies would not have. */
  readonly rejections: readonly string[];
  /** What is wrong with the world itself. */
  readonly problems: readonly string[];
  /** How many calls came to what. */
  readonly kinds: readonly string[];
}

export interface Bench {
  readonly live: LiveMesh;
  readonly states: ProxyStates;
}

/**
 * Proxies acknowledge before their workers have switched over, so a difference counts when it stays. Milliseconds.
 */
export async function judge(
  { live, states }: Bench,
  world: World,
  calls: readonly Placed[],
  patienceMs = 1_500,
): Promise<Judgement> {
  await live.swap(world);
  const problems = live.problems();
  const snapshot = live.snapshot();
  const found = Object.entries(workloads).map(([name, id]) => [name, states.find(snapshot, id)] as const);
  const stateOf = new Map<string, (typeof found)[number][1]>(found);
  const results = await Promise.all(
    calls.map(async (placed) => {
      const state = stateOf.get(placed.through);
      const verdicts = state === undefined ? [] : simulated(state, placed);
      const seen = await seenBy(live, placed, verdicts, Date.now() + patienceMs);
      return { placed, verdicts, seen };
    }),
  );
  return {
    disagreements: results.filter(({ verdicts, seen, placed }) => !agrees(verdicts, seen, placed.call)),
    rejections: live.rejections(),
    problems,
    kinds: results.map(({ placed, verdicts }) => `${placed.entry} ${wordOf(verdicts)}`),
  };
}

function wordOf(verdicts: readonly Verdict[]): string {
  const words = verdicts.map((verdict) => (verdict.kind === 'answered' ? String(verdict.status) : verdict.kind));
  return [...new Set(words)].sort().join(' or ');
}

async function seenBy(live: LiveMesh, placed: Placed, verdicts: readonly Verdict[], deadline: number) {
  const { entry, through, call } = placed;
  const [place, from] =
    entry === 'outbound' && through !== 'gateway' ? [through, undefined] : (['world', call.source] as const);
  for (;;) {
    const seen = await live.call(place, call, from);
    if (agrees(verdicts, seen, call) || Date.now() > deadline) return seen;
    await sleep(50);
  }
}

/** The smallest mesh of which a proxy rejects something, and what it says. */
export async function explainRejection({ live }: Bench, seed: number, world: World): Promise<string> {
  let last = live.rejections();
  const small = await minimise(world, async (candidate) => {
    await live.swap(candidate);
    if (live.problems().length > 0) return false;
    const now = live.rejections();
    if (now.length > 0) last = now;
    return now.length > 0;
  });
  return [headline(seed), shown(small), ...last].join('\n');
}

const headline = (seed: number) => `seed ${seed}: OUTRIGGER_SIMULATION_SEED=${seed} OUTRIGGER_SIMULATION_CONFIGS=1`;

const shown = (world: World) =>
  world
    .filter(({ kind }) => !['Secret', 'Namespace', 'Pod'].includes(kind))
    .map((object) => stringify(object))
    .join('---\n');

/** The seed, the smallest mesh for which it is so, the call, and both verdicts. */
export async function explain(bench: Bench, seed: number, world: World, found: Disagreement): Promise<string> {
  let last = found;
  const small = await minimise(world, async (candidate) => {
    try {
      const { disagreements, problems } = await judge(bench, candidate, [found.placed], 300);
      const [again] = disagreements;
      if (problems.length > 0 || again === undefined || differing(again) !== differing(found)) return false;
      last = again;
      return true;
    } catch {
      return false;
    }
  });
  return [
    headline(seed),
    shown(small),
    `call ${JSON.stringify(last.placed)}`,
    `simulated ${JSON.stringify(last.verdicts, undefined, 1)}`,
    `seen ${JSON.stringify(last.seen, undefined, 1)}`,
    differing(last),
  ].join('\n');
}

/** The same difference is told by the same words, whatever the values are. */
function differing({ verdicts, seen, placed }: Disagreement): string {
  return verdicts
    .map((verdict) => differences(verdict, seen, placed.call).map((line) => line.split(':')[0]))
    .join(' / ');
}
