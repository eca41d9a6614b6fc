import type { ExtensionProvider } from '../../model/extension-provider.ts';

/** Which side of a call a proxy tells of. */
export type Side = 'calls' | 'served';

export type Mode = 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER';

/** Without a mode it is for both sides. */
export function isFor(mode: Mode | undefined, side: Side): boolean {
  return mode === undefined || mode === 'CLIENT_AND_SERVER' || (mode === 'CLIENT') === (side === 'calls');
}

/** There without being named in the settings, as in Istio; `envoy` logs in the form that the mesh says. */
export const builtInLog = 'envoy';
const builtIn: readonly ExtensionProvider[] = [{ name: 'prometheus', prometheus: {} }];

export function findProvider(providers: readonly ExtensionProvider[], name: string): ExtensionProvider | undefined {
  return [...providers, ...builtIn].find((provider) => provider.name === name);
}

export const namesOf = (list: readonly { readonly name: string }[] | undefined): readonly string[] =>
  (list ?? []).map(({ name }) => name);

/** One level of Telemetry after another; `said` is what the entries of a level name. */
export function lastNamed(levels: readonly (readonly string[])[], fallback: readonly string[]): readonly string[] {
  return levels.findLast((names) => names.length > 0) ?? fallback;
}
