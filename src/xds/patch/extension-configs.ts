import type { PatchIR } from '../../ir/types/patch.ts';
import { isObject } from '../encode/well-known.ts';
import type { Message } from '../resource.ts';
import { canonical } from './merge.ts';

const extensionType = 'envoy.config.core.v3.TypedExtensionConfig';
const filterTypes: Readonly<Partial<Record<PatchIR['target'], string>>> = {
  HTTP_FILTER: 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  NETWORK_FILTER: 'envoy.config.listener.v3.Filter',
  LISTENER_FILTER: 'envoy.config.listener.v3.ListenerFilter',
};

export interface Filled {
  readonly patches: readonly PatchIR[];
  /** What is left out, each with why. */
  readonly problems: readonly { readonly patch: PatchIR; readonly message: string }[];
}

/**
 * Patches with the content of what they name: a filter that is to have its configuration by ADS (`config_discovery`) gets that of
 * the EXTENSION_CONFIG of its name; of several the last one. Pure.
 */
export function withExtensionConfigs(given: readonly PatchIR[]): Filled {
  const extensions = given.filter(({ target }) => target === 'EXTENSION_CONFIG');
  const contents = new Map(extensions.map(({ value }) => [value['name'], canonical(extensionType, value) as Message]));
  const used = new Set<unknown>();
  const problems: { patch: PatchIR; message: string }[] = [];
  const patches = given.flatMap((patch) => {
    if (patch.target === 'EXTENSION_CONFIG') return [];
    const filled = filledBy(patch, contents, used);
    if (typeof filled !== 'string') return [filled];
    problems.push({ patch, message: filled });
    return [];
  });
  const idle = extensions.filter(({ value }) => !used.has(value['name']));
  const unused = idle.map((patch) => ({
    patch,
    message: `no filter of a patch asks for the configuration ${String(patch.value['name'] ?? '')} by config_discovery`,
  }));
  return { patches, problems: [...problems, ...unused] };
}

/** A text says why it is left out. */
function filledBy(patch: PatchIR, contents: ReadonlyMap<unknown, Message>, used: Set<unknown>): PatchIR | string {
  const type = filterTypes[patch.target];
  const name = String(patch.value['name'] ?? '');
  if (type === undefined || patch.operation === 'REMOVE') return patch;
  const { config_discovery: discovery, ...rest } = canonical(type, patch.value) as Message;
  if (!isByAds(discovery)) return patch;
  const content = contents.get(patch.value['name']);
  if (content === undefined)
    return `the filter ${name} asks for its configuration, and there is no EXTENSION_CONFIG ${name}`;
  used.add(patch.value['name']);
  return { ...patch, value: { ...rest, typed_config: content.typed_config } };
}

/** Any other source is the user's own, and what is no source is refused with the patch. */
function isByAds(discovery: unknown): boolean {
  return isObject(discovery) && isObject(discovery['config_source']) && 'ads' in discovery['config_source'];
}
