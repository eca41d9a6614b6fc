import { Lru } from '../model/lru.ts';
import type { Pod } from '../model/pod.ts';
import type { Injector } from './injector.ts';
import { RenamableBase64 } from './renamable-base64.ts';
import { nodesSupportNative } from './render/native.ts';
import type { InjectRequest } from './review/request.ts';
import type { Answered, PodInjector } from './webhook-types.ts';

export interface RememberingInjector extends PodInjector {
  /** How many workloads are remembered. */
  readonly size: number;
}

interface Remembered {
  readonly answer: Omit<Answered, 'patchBase64' | 'patchBytes'>;
  /** As it was computed, for this name of the token volume. */
  readonly patchJson: string;
  readonly volume: string;
  /** Made by the second pod of the workload. */
  renamable?: RenamableBase64;
}

/**
 * Injection is a pure function of the request, so the pods of one workload have one answer. They differ only in
 * what injection never reads (managed fields, uids, times) and in the random name of the token volume that the
 * API server adds (`kube-api-access-x7k2p`): the answer is remembered up to that name, encoded.
 *
 * The key is the rest of the request, whole: nothing that injection can read is left out of it. Of the nodes it
 * reads only whether they can run native sidecars.
 */
export function rememberInjections(injector: Injector, capacity: number): RememberingInjector {
  const known = new Lru<Remembered>(capacity, mostCharacters);
  return {
    get size() {
      return known.size;
    },
    inject(request) {
      const volume = tokenVolume(request.pod) ?? placeholder;
      const text = keyOf(request);
      // A pod that holds the placeholder itself cannot be told from one that was renamed.
      if (text.includes(placeholder)) return encode(compute(injector, request, volume));
      const key = volume === placeholder ? text : text.replaceAll(volume, placeholder);
      const found = known.get(key);
      if (found !== undefined) return rename(found, volume);
      const computed = compute(injector, request, volume);
      known.set(key, computed, key.length + 3 * computed.patchJson.length);
      return encode(computed);
    },
  };
}

/** Of keys and patches together, the encoded form included: some 100 MB. One workload gets a hundredth at most. */
const mostCharacters = 100 * 1024 * 1024;

/** As long as the names that it stands for; `*` cannot be in a name. One byte a character keeps texts small. */
const placeholder = 'kube-api-access-*****';

function compute(injector: Injector, request: InjectRequest, volume: string): Remembered {
  const { decision, patchJson, warnings } = injector.inject(request);
  return { answer: { decision, warnings }, patchJson, volume };
}

function encode({ answer, patchJson }: Remembered): Answered {
  const bytes = Buffer.from(patchJson, 'utf8');
  return { ...answer, patchBase64: bytes.toString('base64'), patchBytes: bytes.length };
}

function rename(remembered: Remembered, volume: string): Answered {
  remembered.renamable ??= new RenamableBase64(remembered.patchJson, remembered.volume);
  const { answer, renamable } = remembered;
  return { ...answer, patchBase64: renamable.encode(volume), patchBytes: renamable.bytes };
}

function tokenVolume(pod: Pod): string | undefined {
  return pod.spec.volumes?.find((volume) => /^kube-api-access-[a-z0-9]{5}$/.test(volume.name))?.name;
}

function keyOf(request: InjectRequest): string {
  const { metadata, ...pod } = request.pod;
  const { managedFields: _m, uid: _u, creationTimestamp: _c, ownerReferences, ...read } = metadata;
  const owners = ownerReferences?.map(({ apiVersion, kind, name, controller }) => [apiVersion, kind, name, controller]);
  const { namespace, urlParameters, tag, proxyConfigs, bootstrapFilters, stopped } = request;
  return JSON.stringify([
    pod,
    read,
    owners,
    namespace,
    nodesSupportNative(request),
    urlParameters,
    tag,
    proxyConfigs,
    bootstrapFilters,
    stopped,
  ]);
}
