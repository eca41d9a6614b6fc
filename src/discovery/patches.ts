import { asOutriggerError, OutriggerError } from '../errors.ts';
import type { PatchIR } from '../ir/types/patch.ts';
import { type Origin, printOrigin } from '../model/origin.ts';
import { Remembered, rememberedBy } from '../model/remembered.ts';
import type { Workload } from '../model/workload.ts';
import { type PatchQuery, patchesFor, patchesOf } from '../policy/envoy-filter/select.ts';
import type { Config, Snapshot } from '../registry/snapshot.ts';
import type { EnvoyFilter } from '../schema/kinds.ts';
import { decodeResource } from '../xds/encode/decode-resource.ts';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import { brokenLimit } from '../xds/limits/broken-limit.ts';
import { withExtensionConfigs } from '../xds/patch/extension-configs.ts';
import { canonical } from '../xds/patch/merge.ts';
import { isAdded, isOf, isPatched, patchResource } from '../xds/patch/patch-resource.ts';
import { missingInBootstrap, unknownExtension, valueFault } from '../xds/patch/value-fault.ts';
import {
  type EncodedResource,
  type Message,
  messageType,
  type Patch,
  type ResourceSet,
  type XdsType,
} from '../xds/resource.ts';

export interface PatchProblem {
  readonly message: string;
  readonly origins: readonly Origin[];
}

/** What is wrong with a patch by itself: then no proxy gets it. */
function problemOf(patch: PatchIR): PatchProblem | undefined {
  const fault = valueFault(patch) ?? missingInBootstrap(patch);
  return fault === undefined ? undefined : { message: `the patch is left out: ${fault}`, origins: [patch.origin] };
}

/** Not left out before a proxy has refused it: some have an Envoy of their own. */
function doubtOf(patch: PatchIR): PatchProblem | undefined {
  const missing = unknownExtension(patch);
  const message = `stock Envoy has no extension ${missing}: the patch is left out of proxies that refuse it`;
  return missing === undefined ? undefined : { message, origins: [patch.origin] };
}

/** What is wrong with the patches of an EnvoyFilter by themselves, before there is a proxy for them. */
export function patchProblems(config: Config<EnvoyFilter>): readonly PatchProblem[] {
  return patchesOf(config).flatMap((patch) => problemOf(patch) ?? doubtOf(patch) ?? []);
}

/** What EnvoyFilters make of the finished resources of proxies. Each is patched once, by its identity. */
export interface Patches {
  set(type: XdsType, resources: ResourceSet): ResourceSet;
  one(type: XdsType, resource: EncodedResource | undefined): EncodedResource | undefined;
}

export const noPatches: Patches = {
  set: (_, resources) => resources,
  one: (_, resource) => resource,
};

type Role = Workload['role'];

/** The patches of each workload: one object for all that the same patches are for. */
export class AllPatches {
  readonly #settings: PatchQuery['settings'];
  readonly #tell: (problem: PatchProblem) => void;
  readonly #of = new Remembered<Workload, Patches>(1);
  readonly #known = new Remembered<Snapshot['envoyFilters'], ReadonlyMap<string, Patches>>(1);

  constructor(settings: PatchQuery['settings'], tell: (problem: PatchProblem) => void = () => {}) {
    this.#settings = settings;
    this.#tell = tell;
  }

  find({ envoyFilters }: Snapshot, workload: Workload): Patches {
    if (envoyFilters.length === 0) return noPatches;
    return this.#of.get(workload, [envoyFilters], () => {
      const { role } = workload;
      const patches = patchesFor(envoyFilters, { proxy: workload, settings: this.#settings });
      if (patches.length === 0) return noPatches;
      const shared = this.#known.get(envoyFilters, [], () => new Map()) as Map<string, Patches>;
      const key = `${role} ${patches.map(({ origin }) => printOrigin(origin)).join(' ')}`;
      const known = shared.get(key) ?? new WorkloadPatches(patches, role, this.#tell);
      shared.set(key, known);
      return known;
    });
  }
}

/** Another content of a resource, with all that is known of it besides. Throws what cannot be encoded. */
export function reencoded(base: EncodedResource, message: Message, origins: readonly Origin[]): EncodedResource {
  const { type, name, aliases, edsName, requires, standsIn } = base;
  const kept = { aliases, edsName, requires, standsIn };
  const given = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
  return encodeResource({ type, name, ...given, message, origins });
}

/** Envoy would refuse the resource as a whole, and a proxy that starts would have none of it. */
function withinLimits(resource: EncodedResource, message: Message): EncodedResource {
  const broken = brokenLimit(messageType(resource.type), message);
  if (broken !== undefined) throw new OutriggerError('OR2002', broken);
  return resource;
}

const keyOf = rememberedBy((patch: PatchIR): string => JSON.stringify(patch));
const patchOf = (patch: PatchIR): Patch => ({ key: keyOf(patch), origin: patch.origin });

class WorkloadPatches implements Patches {
  readonly #patches: readonly PatchIR[];
  readonly #role: Role;
  readonly #tell: (problem: PatchProblem) => void;
  readonly #sets = new WeakMap<ResourceSet, ResourceSet>();
  readonly #ones = new WeakMap<EncodedResource, { readonly result: EncodedResource | undefined }>();
  readonly #fitted = new Set<PatchIR>();

  constructor(patches: readonly PatchIR[], role: Role, tell: (problem: PatchProblem) => void) {
    const { patches: filled, problems } = withExtensionConfigs(patches);
    const judged = filled.map((patch) => ({ patch, problem: problemOf(patch) }));
    this.#patches = judged.filter(({ problem }) => problem === undefined).map(({ patch }) => patch);
    this.#role = role;
    this.#tell = tell;
    for (const { patch, message } of problems) tell({ message, origins: [patch.origin] });
    for (const { problem } of judged) if (problem !== undefined) tell(problem);
  }

  set(type: XdsType, resources: ResourceSet): ResourceSet {
    const patches = this.#patches.filter((patch) => isPatched(type, patch));
    if (patches.length === 0) return resources;
    const known = this.#sets.get(resources);
    if (known !== undefined) return known;
    const changed = [...resources.values()].flatMap((resource) => this.one(type, resource) ?? []);
    const names = new Set(changed.map(({ name }) => name));
    const added = patches.flatMap((patch) => this.#added(type, patch)).filter(({ name }) => !names.has(name));
    const next: ResourceSet = new Map([...changed, ...added].map((resource) => [resource.name, resource]));
    this.#sets.set(resources, next);
    // All listeners are here, so what fits none of them fits nothing.
    if (type === 'listener') for (const patch of patches) this.#tellUnfit(patch);
    return next;
  }

  one(type: XdsType, resource: EncodedResource | undefined): EncodedResource | undefined {
    const patches = this.#patches.filter((patch) => isPatched(type, patch));
    if (resource === undefined || patches.length === 0) return resource;
    const known = this.#ones.get(resource);
    if (known !== undefined) return known.result;
    const result = this.#patched(resource, patches);
    this.#ones.set(resource, { result });
    return result;
  }

  #patched(resource: EncodedResource, patches: readonly PatchIR[]): EncodedResource | undefined {
    const by: PatchIR[] = [];
    const result = this.#applied(resource, patches, (patch) => by.push(patch));
    if (result === undefined || by.length === 0) return result;
    const variants = new Map<string, EncodedResource>();
    const all = by.map(patchOf);
    const without = (some: readonly Patch[]): EncodedResource => {
      const keys = new Set(some.map(({ key }) => key));
      const id = [...keys].join('\n');
      const known = variants.get(id);
      if (known !== undefined) return known;
      const fewer = patches.filter((patch) => !keys.has(keyOf(patch)));
      const made = this.#applied(resource, fewer, () => undefined) ?? resource;
      const variant = { ...made, patched: { by: all, leftOut: some, without } };
      variants.set(id, variant);
      return variant;
    };
    return { ...result, patched: { by: all, leftOut: [], without } };
  }

  /** One patch after the other; one whose result is no configuration is left out. */
  #applied(
    resource: EncodedResource,
    patches: readonly PatchIR[],
    fitted: (patch: PatchIR) => void,
  ): EncodedResource | undefined {
    const message = decodeResource(resource);
    let now: { message: Message; resource: EncodedResource } = { message, resource };
    for (const patch of patches) {
      const next = patchResource(resource.type, now.message, patch, this.#role);
      if (next === now.message) continue;
      this.#fitted.add(patch);
      if (next === undefined) return undefined;
      const encoded = this.#encoded(next, now.resource, patch);
      if (encoded === undefined) continue;
      fitted(patch);
      now = { message: next, resource: encoded };
    }
    return now.resource;
  }

  #encoded(message: Message, base: EncodedResource, patch: PatchIR): EncodedResource | undefined {
    const { type, name, origins } = base;
    try {
      return withinLimits(reencoded(base, message, [...origins, patch.origin]), message);
    } catch (error) {
      const { message: why } = asOutriggerError(error);
      this.#tell({ message: `the patch is left out of ${type} ${name}: ${why}`, origins: [patch.origin] });
      return undefined;
    }
  }

  #added(type: XdsType, patch: PatchIR): EncodedResource[] {
    if (!isAdded(patch) || !this.#isForRole(patch)) return [];
    this.#fitted.add(patch);
    const message = canonical(messageType(type), patch.value) as Message;
    const name = String(message.name ?? '');
    const origins = [patch.origin];
    try {
      if (name === '') throw new Error('it has no name');
      return [withinLimits(encodeResource({ type, name, message, origins }), message)];
    } catch (error) {
      const { message: why } = asOutriggerError(error);
      this.#tell({ message: `the ${type} is left out: ${why}`, origins });
      return [];
    }
  }

  #isForRole({ context }: PatchIR): boolean {
    if (this.#role === 'gateway') return isOf(context, 'GATEWAY');
    return context !== 'GATEWAY';
  }

  #tellUnfit(patch: PatchIR): void {
    if (this.#fitted.has(patch) || !this.#isForRole(patch)) return;
    this.#tell({
      message:
        'the patch fits no listener, chain or filter of a proxy that it is for: on demand, one listener (virtualOutbound) has all that leaves a pod, and its chains have the ports',
      origins: [patch.origin],
    });
  }
}
