import type { PatchIR } from '../../ir/types/patch.ts';

const targets: ReadonlySet<PatchIR['target']> = new Set(['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER']);
/** They bring no filter. */
const operations: ReadonlySet<PatchIR['operation']> = new Set(['MERGE', 'REMOVE']);

/**
 * A filter that comes without its configuration: Envoy knows filters by the type of that alone, not by their names, and
 * refuses the whole listener. An optional one it leaves out itself. Pure.
 */
export function lacksConfiguration({ target, operation, value }: PatchIR): boolean {
  if (!targets.has(target) || operations.has(operation)) return false;
  if (value['is_optional'] === true || value['isOptional'] === true) return false;
  return !['typed_config', 'typedConfig', 'config_discovery', 'configDiscovery'].some((key) => key in value);
}
