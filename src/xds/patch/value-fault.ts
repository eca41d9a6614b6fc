import protobuf from 'protobufjs/minimal.js';
import { asOutriggerError } from '../../errors.ts';
import type { PatchIR, PatchTarget } from '../../ir/types/patch.ts';
import { isDeeper } from '../../model/json-depth.ts';
import { contentWriter } from '../encode/converter.ts';
import { codedFault } from '../encode/encode-fault.ts';
import { brokenByPart, brokenLimit } from '../limits/broken-limit.ts';
import { missingExtension } from '../limits/extensions.ts';
import type { Message } from '../resource.ts';
import { lacksConfiguration } from './filter-configuration.ts';
import { canonical } from './merge.ts';
import { unknownType } from './unknown-type.ts';

/** Protobuf reads messages a hundred deep and no deeper; the rest is for what they are merged into. */
const deepest = 64;

export const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';

const types: Readonly<Record<PatchTarget, string>> = {
  LISTENER: 'envoy.config.listener.v3.Listener',
  LISTENER_FILTER: 'envoy.config.listener.v3.ListenerFilter',
  FILTER_CHAIN: 'envoy.config.listener.v3.FilterChain',
  NETWORK_FILTER: 'envoy.config.listener.v3.Filter',
  HTTP_FILTER: 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  ROUTE_CONFIGURATION: 'envoy.config.route.v3.RouteConfiguration',
  VIRTUAL_HOST: 'envoy.config.route.v3.VirtualHost',
  HTTP_ROUTE: 'envoy.config.route.v3.Route',
  CLUSTER: 'envoy.config.cluster.v3.Cluster',
  EXTENSION_CONFIG: 'envoy.config.core.v3.TypedExtensionConfig',
  BOOTSTRAP: bootstrapType,
};

/**
 * Why the value of a patch makes no configuration, whatever it is laid over: a field that Envoy's API has not, a value of another
 * type, one beyond its limits, one too deep, a filter without its configuration. Undefined where that depends on what is patched. Pure.
 */
export function valueFault(patch: PatchIR): string | undefined {
  const { target, operation, value } = patch;
  if (operation === 'REMOVE') return undefined;
  if (isDeeper(value, deepest)) return `it is deeper than ${deepest} objects and lists in each other`;
  if (lacksConfiguration(patch))
    return `the filter ${String(value['name'] ?? '')} has no typed_config, by which alone Envoy knows it`;
  const type = types[target];
  const message = canonical(type, value) as Message;
  try {
    contentWriter(type)(protobuf.Writer.create(), message);
  } catch (error) {
    return asOutriggerError(codedFault('patch.value', error)).message;
  }
  if (target === 'BOOTSTRAP') {
    const unknown = unknownType(message);
    if (unknown !== undefined)
      return `${unknown} is no type that is known of Envoy's API: no proxy would start with it`;
  }
  return operation === 'MERGE' ? brokenByPart(type, message) : brokenLimit(type, message);
}

/** A type in the value of a patch by which stock Envoy knows no extension; a proxy that lacks it goes without the patch (0330). Pure. */
export function unknownExtension({ target, operation, value }: PatchIR): string | undefined {
  if (operation === 'REMOVE') return undefined;
  const type = types[target];
  return missingExtension(type, canonical(type, value) as Message);
}

/** The same where it is no matter of refusals: a proxy whose bootstrap is refused does not start. Pure. */
export function missingInBootstrap(patch: PatchIR): string | undefined {
  const type = patch.target === 'BOOTSTRAP' ? unknownExtension(patch) : undefined;
  return type === undefined
    ? undefined
    : `stock Envoy knows no extension by ${type} there: no proxy would start with it`;
}
