import { configurators } from '../../src/app/mesh/configurators.ts';
import type { ProxyConfigurator } from '../../src/discovery/discovery.ts';
import { Encoder } from '../../src/discovery/encoder.ts';
import { everythingOf } from '../../src/discovery/everything.ts';
import type { MeshSettings } from '../../src/model/mesh-settings.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { decodeResource } from '../../src/xds/encode/decode-resource.ts';
import { type ProxyResources, typeUrls, type XdsType } from '../../src/xds/resource.ts';
import { workloadOf } from '../mesh-fixture.ts';
import { type ProxyState, proxyOf, type Resource } from './simulator/proxy.ts';

/** What proxies have by a snapshot, as the simulator reads it. */
export class ProxyStates {
  readonly #make: () => ProxyConfigurator;
  /** How a proxy was served before has a say in how it is served next. */
  readonly #known = new Map<string, ProxyConfigurator>();

  constructor(settings: MeshSettings) {
    const encoder = new Encoder((resource, error) => {
      throw new Error(`${resource.type} ${resource.name}: ${error.message}`);
    });
    this.#make = configurators(settings, encoder);
  }

  /** `mutate` may lose or change a resource on its way. */
  find(snapshot: Snapshot, id: string, mutate: Mutation = (resource) => resource): ProxyState {
    const configurator = this.#known.get(id) ?? this.#make();
    this.#known.set(id, configurator);
    const resources = configurator.configure({ snapshot, workload: workloadOf(snapshot, id), delta: true });
    return stateOf(resources, mutate);
  }
}

export type Mutation = (resource: Resource) => Resource;

function stateOf(resources: ProxyResources, mutate: Mutation): ProxyState {
  const asked = new Map<string, Resource['message'] | undefined>();
  return proxyOf(everythingOf(resources).map(mutate), (type, name) => {
    const key = `${type} ${name}`;
    if (!asked.has(key)) asked.set(key, ask(resources, type, name, mutate));
    return asked.get(key);
  });
}

const isType = (type: string): type is XdsType => Object.hasOwn(typeUrls, type);

function ask(resources: ProxyResources, type: string, name: string, mutate: Mutation) {
  const found = isType(type) ? resources.named(type, name) : undefined;
  return found === undefined ? undefined : mutate({ type, name, message: decodeResource(found) }).message;
}
