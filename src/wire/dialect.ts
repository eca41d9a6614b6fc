import { hash } from 'node:crypto';
import { decodeDeltaRequest, decodeSotwRequest, type RequestNode } from '../xds/encode/requests.ts';
import { deltaResponse, sotwResponse } from '../xds/encode/responses.ts';
import type { EncodedResource, ProxyResources, ResourceSet, XdsType } from '../xds/resource.ts';
import { typeUrls } from '../xds/resource.ts';
import type { Outgoing } from './push-plan.ts';
import type { DeltaSubscription, NameChanges } from './subscription.ts';
import { wantedByName } from './wanted.ts';

/** A request, whichever of the two protocols it came by. */
export interface WireRequest {
  readonly node: RequestNode | undefined;
  readonly typeUrl: string;
  readonly nonce: string;
  readonly error: string | undefined;
  /** Undefined: it is an answer to an older response, and says nothing new of names. */
  readonly changes: (type: XdsType, world: ProxyResources) => NameChanges | undefined;
}

/** One of the two protocols on one stream. */
export interface Dialect {
  read(bytes: Buffer): WireRequest;
  answered(type: XdsType, nonce: string, how: 'taken' | 'rejected'): void;
  /** Undefined: this protocol has no words for it. */
  write(response: Outgoing, subscription: DeltaSubscription): Buffer | undefined;
}

export const deltaDialect: Dialect = {
  read: (bytes) => {
    const request = decodeDeltaRequest(bytes);
    return { ...request, changes: () => request };
  },
  answered: () => undefined,
  write: ({ type, nonce, resources, removed }) => deltaResponse({ typeUrl: typeUrls[type], nonce, resources, removed }),
};

/** What the other protocol must remember of one type. */
interface TypeState {
  /** Of the last response; '' before the first. */
  readonly nonce: string;
  readonly names: ReadonlySet<string>;
  /** Clusters and listeners: all that the last response listed, and the last that was taken. */
  readonly listed: ResourceSet;
  readonly taken: ResourceSet;
  /** By nonce, until they are answered. */
  readonly unanswered: ReadonlyMap<string, ResourceSet>;
}

const nothing: NameChanges = { subscribe: [], unsubscribe: [], initialVersions: new Map() };
/** What is not in a response of these is gone; of the others a response may hold a part. */
const complete: ReadonlySet<XdsType> = new Set(['cluster', 'listener']);

/**
 * State of the world, told as what it means in the incremental protocol: each request lists all names, each response
 * of clusters or listeners all resources. Versions are hashes of all that the client should have of the type, so that
 * one that comes back with the right one is sent nothing.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ack-nack-and-resource-type-instance-version
 */
export class SotwDialect implements Dialect {
  readonly #states = new Map<XdsType, TypeState>();

  read(bytes: Buffer): WireRequest {
    const { version, names, ...request } = decodeSotwRequest(bytes);
    return {
      ...request,
      changes: (type, world) => this.#changes({ type, version, names, nonce: request.nonce }, world),
    };
  }

  #changes(
    asked: {
      readonly type: XdsType;
      readonly version: string;
      readonly names: readonly string[];
      readonly nonce: string;
    },
    world: ProxyResources,
  ): NameChanges | undefined {
    const { type, version, nonce } = asked;
    const state = this.#states.get(type);
    const names = new Set(asked.names);
    if (state === undefined) {
      const held = heldAlready(type, version, { names, world });
      this.#states.set(type, { nonce: '', names, listed: held, taken: held, unanswered: new Map() });
      const initialVersions = new Map([...held.values()].map((resource) => [resource.name, resource.version]));
      return { ...nothing, subscribe: asked.names, initialVersions };
    }
    if (nonce !== state.nonce) return undefined;
    this.#states.set(type, { ...state, names });
    const added = [...names].filter((name) => !state.names.has(name));
    const unsubscribe = [...state.names].filter((name) => !names.has(name));
    // More names: an answer with all of them. Fewer: none.
    return { ...nothing, subscribe: added.length === 0 ? [] : [...names], unsubscribe };
  }

  /** A rejected list is no list: the next one goes on from the last that was taken. */
  answered(type: XdsType, nonce: string, how: 'taken' | 'rejected'): void {
    const state = this.#states.get(type);
    const list = state?.unanswered.get(nonce);
    if (state === undefined || list === undefined) return;
    const unanswered = new Map(state.unanswered);
    unanswered.delete(nonce);
    const after = how === 'taken' ? { taken: list } : { listed: state.taken };
    this.#states.set(type, { ...state, ...after, unanswered });
  }

  write(response: Outgoing, subscription: DeltaSubscription): Buffer | undefined {
    const { type, nonce, world } = response;
    const state = this.#states.get(type);
    if (state === undefined) return undefined;
    const { named, set } = subscription.desired(world);
    if (!complete.has(type)) {
      // Nothing but removals, of types that know none.
      if (response.resources.length === 0 && response.removed.length > 0) return undefined;
      this.#states.set(type, { ...state, nonce });
      const version = hashOf(named.size === 0 ? set : new Map([...set, ...named]));
      return sotwResponse({ typeUrl: typeUrls[type], nonce, version, resources: response.resources });
    }
    const listed = listAfter(state.listed, response, { subscription, set });
    const unanswered = new Map([...state.unanswered, [nonce, listed]]);
    this.#states.set(type, { ...state, nonce, listed, unanswered });
    return sotwResponse({ typeUrl: typeUrls[type], nonce, version: hashOf(listed), resources: [...listed.values()] });
  }
}

/** The list before, with what the response changes of it. What goes later stays until then, as does the last good. */
function listAfter(
  before: ResourceSet,
  { resources }: Outgoing,
  { subscription, set }: { readonly subscription: DeltaSubscription; readonly set: ResourceSet },
): ResourceSet {
  const all = new Map(before);
  for (const resource of resources) all.set(resource.name, resource);
  for (const name of before.keys()) if (subscription.holdings.version(name) === undefined) all.delete(name);
  const isSet = all.size === set.size && [...all].every(([name, resource]) => set.get(name) === resource);
  // The shared one: its hash is known already.
  return isSet ? set : all;
}

const noNames: ReadonlyMap<string, EncodedResource> = new Map();
const ofSets = new WeakMap<ReadonlyMap<string, EncodedResource>, string>();

function hashOf(resources: ReadonlyMap<string, EncodedResource>): string {
  const known = ofSets.get(resources);
  if (known !== undefined) return known;
  const lines = [...resources.values()].map(({ name, version }) => `${name} ${version}`).sort();
  const made = hash('sha256', lines.join('\n'), 'hex').slice(0, 16);
  ofSets.set(resources, made);
  return made;
}

/** A client that names the version of what it should have holds that, and nothing else. */
function heldAlready(
  type: XdsType,
  version: string,
  { names, world }: { readonly names: ReadonlySet<string>; readonly world: ProxyResources },
): ResourceSet {
  if (version === '') return noNames;
  const isWildcard = complete.has(type) && (names.size === 0 || names.has('*'));
  const set = isWildcard ? world.wildcard(type) : noNames;
  const asked = [...names].filter((name) => name !== '*');
  const { resources } = wantedByName(world, type, asked);
  const held = resources.size === 0 ? set : new Map([...set, ...resources]);
  return hashOf(held) === version ? held : noNames;
}
