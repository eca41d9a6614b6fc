import type { ProxyResources, XdsType } from '../xds/resource.ts';
import type { OnDemandUse, UseMemory } from './on-demand-use.ts';
import { SidecarConfig } from './sidecar-config.ts';

type UsedType = OnDemandUse['kind'];

/** What one proxy asks for on demand, and what it is given before it asks. */
export class SessionUses {
  readonly #memory: UseMemory;
  #recalled: ReadonlyMap<UsedType, readonly string[]> | undefined;

  constructor(memory: UseMemory) {
    this.#memory = memory;
  }

  asked(type: XdsType, names: readonly string[], config: ProxyResources | undefined): void {
    const uses = usesOf(type, names, config);
    if (uses.length > 0) this.#memory.use(uses);
  }

  /** A proxy that comes back goes on with what it has, whether this control plane would have given it or not. */
  unasked(type: XdsType, held: Iterable<string>, config: ProxyResources | undefined): ReadonlySet<string> {
    if (type !== 'cluster' && type !== 'virtualHost') return new Set();
    const before = [...held];
    this.#recalled ??= before.length > 0 ? new Map() : byKind(this.#memory.recall());
    const names = before.length > 0 ? before : (this.#recalled.get(type) ?? []);
    return new Set(usesOf(type, names, config).map(({ name }) => ownName(type, name, config)));
  }

  close(): void {
    this.#memory.close();
  }
}

/** Under another name it would have that as an alias, and would not be what the proxy holds when it comes back. */
function ownName(type: UsedType, name: string, config: ProxyResources | undefined): string {
  const own = config?.named(type, name)?.name ?? name;
  return own.includes('*') ? name : own;
}

function byKind(uses: readonly Pick<OnDemandUse, 'kind' | 'name'>[]): ReadonlyMap<UsedType, readonly string[]> {
  const groups = Map.groupBy(uses, ({ kind }) => kind);
  return new Map([...groups].map(([kind, list]) => [kind, list.map(({ name }) => name)]));
}

function usesOf(type: XdsType, names: readonly string[], config: ProxyResources | undefined): readonly OnDemandUse[] {
  if (!(config instanceof SidecarConfig)) return [];
  return names.flatMap((name) => config.useOf(type, name) ?? []);
}
