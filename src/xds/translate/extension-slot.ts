import type { Origin } from '../../model/origin.ts';
import type { Message, XdsResource } from '../resource.ts';
import { fromAds } from './common.ts';

/** A filter of a connection manager whose configuration comes by its name. */
export interface ExtensionSlot {
  readonly filter: Message;
  /** What it is to do now; `config` is an Any. */
  readonly content: (config: Message, origins: readonly Origin[]) => XdsResource;
}

/**
 * A place in the filters that is always there. What stands in it changes without the listener: then the next request of
 * every connection has it, and no connection is drained (docs/decisions/0100). The listener waits for the first content.
 * `types` are those that it may have.
 */
export function extensionSlot(name: string, types: readonly string[]): ExtensionSlot {
  const urls = types.map((type) => `type.googleapis.com/envoy.${type}`);
  return {
    filter: { name, config_discovery: { config_source: fromAds, type_urls: urls } },
    content: (config, origins) => ({ type: 'extension', name, origins, message: { name, typed_config: config } }),
  };
}
