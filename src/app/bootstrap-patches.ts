import { sourceOf } from '../analysis/admission-doubts.ts';
import type { PatchBootstrap } from '../inject/build-injector.ts';
import { istioVersion } from '../model/istio-version.ts';
import { isObject, type Json } from '../model/json.ts';
import { escapeVariables } from '../model/kubelet-variables.ts';
import { type Origin, printOrigin } from '../model/origin.ts';
import type { NamespacedObject } from '../model/pod.ts';
import { bootstrapPatchesFor } from '../policy/envoy-filter/select.ts';
import { byAge } from '../registry/collections.ts';
import { readConfig } from '../registry/istio-config.ts';
import type { Config } from '../registry/snapshot.ts';
import type { EnvoyFilter } from '../schema/kinds.ts';
import { patchBootstrap } from '../xds/patch/patch-bootstrap.ts';
import type { Message } from '../xds/resource.ts';

/** Linux takes no argument of a program that is longer (MAX_ARG_STRLEN, with its end). */
const longestArgument = 128 * 1024 - 1;

/** What is left out of a bootstrap, and the patch; of several together the first. */
export type TellLeftOut = (message: string, origin: Origin) => void;

/**
 * The bootstrap of a pod with the patches of EnvoyFilters for it; the text as it is, where there are none. What is left out is among
 * the warnings of the pod, and told.
 */
export function bootstrapPatcher(rootNamespaces: readonly string[], tell: TellLeftOut = () => {}): PatchBootstrap {
  return (bootstrap, { proxyType }, { request, metadata }) => {
    const { namespace, pod, bootstrapFilters = [] } = request;
    if (bootstrapFilters.length === 0) return { bootstrap, warnings: [] };
    const proxy = {
      namespace: namespace.name,
      labels: pod.metadata.labels ?? {},
      role: proxyType === 'router' ? ('gateway' as const) : ('sidecar' as const),
      metadata: new Map([...metadata, ['ISTIO_VERSION', istioVersion]]),
    };
    const patches = bootstrapPatchesFor(readAll(bootstrapFilters), proxy, rootNamespaces);
    if (patches.length === 0) return { bootstrap, warnings: [] };
    const { message, problems } = patchBootstrap(JSON.parse(bootstrap) as Message, patches, escaped);
    const warnings = problems.map(({ message: why, patch: { origin } }) => {
      const said = `the patch is left out: ${why}`;
      tell(said, origin);
      return `OR2456 ${printOrigin(origin)}: ${said}`;
    });
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) <= longestArgument) return { bootstrap: text, warnings };
    const long = `their patches of the bootstrap are left out: with them it has more than ${longestArgument} bytes, which no program can be started with`;
    for (const { origin } of patches.slice(0, 1)) tell(long, { ...origin, field: 'spec' });
    return { bootstrap, warnings: [...warnings, `OR2456 EnvoyFilters of ${namespace.name}: ${long}`] };
  };
}

/** An error keeps one out; the registry tells of it. */
function readAll(filters: readonly NamespacedObject[]): readonly Config<EnvoyFilter>[] {
  const read = filters.flatMap(({ namespace, object }) => {
    const { value } = readConfig(sourceOf(object, namespace));
    return value === undefined ? [] : [value as Config<EnvoyFilter>];
  });
  return read.sort(byAge);
}

/** No kubelet replaces what stands in the values of users. */
function escaped(value: Message): Message {
  return eachText(value as Json) as Message;
}

function eachText(value: Json): Json {
  if (typeof value === 'string') return escapeVariables(value);
  if (Array.isArray(value)) return value.map(eachText);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [escapeVariables(key), eachText(inner)]));
}
