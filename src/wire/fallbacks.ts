import type { EncodedResource, Patch, Patched, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';
import { leaveOuts } from './leave-outs.ts';

/** What is tried of one resource. */
interface Trials {
  /** Keys of the patches that it is about. */
  readonly of: string;
  /** Keys of the patches that are left out now. */
  left: ReadonlySet<string>;
  readonly rest: Iterator<readonly Patch[]>;
  /** Versions that were refused: two trials may come to the same. */
  readonly refused: Set<string>;
  /** The version without any patch, which was refused, too: the patches are not to blame. */
  blameless?: string;
}

/**
 * The resources of one proxy that refused what EnvoyFilters made of them: the same with fewer patches, until it takes them. A
 * patch that breaks a rule of Envoy's own code (a script that does not parse, a type that it lacks) would else leave a proxy
 * that starts with no listener at all. What a proxy refuses is of no consequence to another one: it may lie.
 */
export class Fallbacks {
  /** By type and name. A patch that was mended is another one, and so is tried again. */
  readonly #trials = new Map<string, Trials>();
  #world: { readonly of: ProxyResources; readonly result: ProxyResources } | undefined;

  /** The proxy refused `resource`. The answer: whether there is another content to try. */
  refused({ type, name, version, patched }: EncodedResource): boolean {
    if (patched === undefined) return false;
    const id = `${type} ${name}`;
    const trials = this.#trialsOf(id, patched.by);
    // Sent before the trial that is under way.
    if (joined(leftOf(trials, patched.by)) !== joined(patched.leftOut)) return false;
    trials.refused.add(version);
    const next = nextOf(trials, patched);
    if (next === undefined) trials.blameless = patched.without(patched.by).version;
    else trials.left = new Set(next.map(({ key }) => key));
    this.#trials.set(id, trials);
    this.#world = undefined;
    return next !== undefined;
  }

  #trialsOf(id: string, by: readonly Patch[]): Trials {
    const known = this.#trials.get(id);
    if (known?.of === joined(by)) return known;
    return { of: joined(by), left: known?.left ?? new Set(), rest: leaveOuts(by), refused: new Set() };
  }

  /** What the proxy may have, without what it refused. */
  of(world: ProxyResources): ProxyResources {
    if (this.#trials.size === 0) return world;
    if (this.#world?.of !== world) this.#world = { of: world, result: this.#within(world) };
    return this.#world.result;
  }

  #within(world: ProxyResources): ProxyResources {
    const sets = new Map<ResourceSet, ResourceSet>();
    return {
      wildcard: (type) => {
        const set = world.wildcard(type);
        const known = sets.get(set) ?? this.#set(type, set);
        sets.set(set, known);
        return known;
      },
      named: (type, name) => {
        const found = world.named(type, name);
        return found === undefined ? undefined : this.#instead(found);
      },
    };
  }

  /** The very set where nothing of it is left out: what a proxy holds is compared by identity first. */
  #set(type: XdsType, set: ResourceSet): ResourceSet {
    const next = new Map([...set].map(([name, resource]) => [name, this.#instead(resource)]));
    return [...this.#trials.keys()].some((id) => id.startsWith(`${type} `)) ? next : set;
  }

  #instead(resource: EncodedResource): EncodedResource {
    const { type, name, patched } = resource;
    const id = `${type} ${name}`;
    const trials = this.#trials.get(id);
    if (patched === undefined || trials === undefined) return resource;
    if (trials.blameless !== undefined && patched.without(patched.by).version !== trials.blameless) {
      this.#trials.delete(id);
      return resource;
    }
    const leftOut = leftOf(trials, patched.by);
    return leftOut.length === 0 ? resource : patched.without(leftOut);
  }
}

const joined = (patches: readonly Patch[]): string => patches.map(({ key }) => key).join('\n');
const leftOf = ({ left }: Trials, by: readonly Patch[]): readonly Patch[] => by.filter(({ key }) => left.has(key));

/** In the order of the list, whatever the order of the trial. */
function nextOf({ rest, refused }: Trials, { without, by }: Patched): readonly Patch[] | undefined {
  for (;;) {
    const next = rest.next();
    if (next.done === true) return undefined;
    const leftOut = by.filter(({ key }) => next.value.some((one) => one.key === key));
    if (!refused.has(without(leftOut).version)) return leftOut;
  }
}
