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
  readonly answer: Omit<Answered, 'patchBase64'>;
  readonly patch: RenamableBase64;
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
  const known = new Lru<Remembered>(capacity);
  return {
    get size() {
      return known.size;
    },
    inject(request) {
      const volume = tokenVolume(request.pod) ?? placeholder;
      const text = keyOf(request);
      const key = volume === placeholder ? text : text.replaceAll(volume, placeholder);
      // A pod that holds the placeholder itself cannot be told from one that was renamed.
      const found = text.includes(placeholder)
        ? answer(injector, request, volume)
        : known.remember(key, () => answer(injector, request, volume));
      return { ...found.answer, patchBase64: found.patch.encode(volume) };
    },
  };
}

/** As long as the names that it stands for; `*` cannot be in a name. One byte a character keeps texts small. */
const placeholder = 'kube-api-access-*****';

function answer(injector: Injector, request: InjectRequest, volume: string): Remembered {
  const { decision, patchJson, warnings } = injector.inject(request);
  const patch = new RenamableBase64(
    volume === placeholder ? patchJson : patchJson.replaceAll(volume, placeholder),
    placeholder,
  );
  return { answer: { decision, warnings, patchBytes: patch.bytes }, patch };
}

function tokenVolume(pod: Pod): string | undefined {
  return pod.spec.volumes?.find((volume) => /^kube-api-access-[a-z0-9]{5}$/.test(volume.name))?.name;
}

function keyOf(request: InjectRequest): string {
  const { metadata, ...pod } = request.pod;
  const { managedFields: _m, uid: _u, creationTimestamp: _c, ownerReferences, ...read } = metadata;
  const owners = ownerReferences?.map(({ apiVersion, kind, name, controller }) => [apiVersion, kind, name, controller]);
  return JSON.stringify([pod, read, owners, request.namespace, nodesSupportNative(request), request.urlParameters]);
}
