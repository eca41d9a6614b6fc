import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnalysisInput } from '../../analysis/analysis-input.ts';
import { findingsBeside } from '../../analysis/analyze.ts';
import { analyzers } from '../../analysis/analyzers.ts';
import type { Finding } from '../../analysis/finding.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { ConfigRow } from '../api-types.ts';
import type { World } from './world.ts';

type Findings = ReadonlyMap<string, ConfigRow['findings']>;

/**
 * What is found in all resources, by `<kind> <namespace>/<name>`: made again when something has changed, one analyzer in a turn of the
 * event loop, for proxies wait for nobody who looks at a page.
 */
export class AllFindings {
  readonly #world: World;
  #of: { readonly objects: readonly SourceObject[]; readonly snapshot: number } | undefined;
  #made: Promise<Findings> = Promise.resolve(new Map());

  constructor(world: World) {
    this.#world = world;
  }

  all(): Promise<Findings> {
    const objects = this.#world.objects();
    const { number: snapshot } = this.#world.mesh.snapshot();
    if (this.#of?.objects !== objects || this.#of.snapshot !== snapshot) {
      this.#of = { objects, snapshot };
      this.#made = this.#find(objects);
    }
    return this.#made;
  }

  async #find(objects: readonly SourceObject[]): Promise<Findings> {
    const kinds = new Set([...objects.map(({ kind }) => kind), 'Service', 'Pod']);
    const input: AnalysisInput = {
      ...{ snapshot: this.#world.mesh.snapshot(), settings: this.#world.settings(), objects },
      problems: this.#world.problems(),
      knows: (kind) => kind !== 'Secret' && kinds.has(kind),
      judged: () => true,
      ...{ proxyImage: '', wouldInject: () => undefined, systemNamespace: '', showsRequests: false },
    };
    const found: Finding[] = [...findingsBeside(input)];
    for (const analyzer of analyzers) {
      await nextTurn();
      found.push(...analyzer.analyze(input));
    }
    const byObject = Map.groupBy(found, ({ origin: { kind, namespace, name } }) => `${kind} ${namespace}/${name}`);
    return new Map([...byObject].map(([key, list]) => [key, list.map(shown)]));
  }
}

export function shown({ code, severity, message, remedy, origin }: Finding): ConfigRow['findings'][number] {
  return { code, severity, message: origin.field === undefined ? message : `${origin.field}: ${message}`, remedy };
}
