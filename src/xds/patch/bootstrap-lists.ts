import type { Message } from '../resource.ts';

/** Whose items have to have names of their own. */
const named: readonly (readonly string[])[] = [
  ['static_resources', 'clusters'],
  ['static_resources', 'listeners'],
  ['layered_runtime', 'layers'],
  ['overload_manager', 'resource_monitors'],
  ['overload_manager', 'actions'],
  ['overload_manager', 'loadshed_points'],
];

/** Whose items Envoy knows by the type of their configuration alone. */
const typed: readonly (readonly string[])[] = [
  ['stats_sinks'],
  ['bootstrap_extensions'],
  ['overload_manager', 'resource_monitors'],
];

/** Why Envoy ends over a list of a bootstrap, beyond the rules of its API, as a sentence. Pure. */
export function listFault(bootstrap: Message): string | undefined {
  for (const path of named) {
    const names = itemsAt(bootstrap, path).map(({ name }) => name);
    const twice = names.find((name, index) => name !== undefined && names.indexOf(name) < index);
    if (twice !== undefined) return `${path.join('.')} has ${String(twice)} already`;
  }
  for (const path of typed) {
    const bare = itemsAt(bootstrap, path).find((item) => item['typed_config'] === undefined);
    if (bare !== undefined) return `${String(bare['name'] ?? '')} of ${path.join('.')} has no typed_config`;
  }
  return undefined;
}

function itemsAt(message: Message, path: readonly string[]): readonly Message[] {
  const found = path.reduce<unknown>((inner, step) => (inner as Message | undefined)?.[step], message);
  return Array.isArray(found) ? found : [];
}
