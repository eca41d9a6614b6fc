import { Lru } from '../model/lru.ts';
import type { Pod } from '../model/pod.ts';
import type { InjectOutcome, Injector } from './injector.ts';
import type { InjectRequest } from './review/request.ts';

/** What the webhook needs of an outcome. */
export type RememberedOutcome = Pick<InjectOutcome, 'decision' | 'patchJson' | 'warnings'>;

export interface RememberingInjector {
  inject(request: InjectRequest): RememberedOutcome;
  /** How many workloads are remembered. */
  readonly size: number;
}

/**
 * Injection is a pure function of the request, so the pods of one workload have one answer. They differ only in
 * what injection never reads (managed fields, uids, times) and in the random name of the token volume that the
 * API server adds (`kube-api-access-x7k2p`): the answer is remembered up to that name.
 *
 * The key is the rest of the request, whole: nothing that injection can read is left out of it.
 */
export function rememberInjections(injector: Injector, capacity: number): RememberingInjector {
  const outcomes = new Lru<RememberedOutcome>(capacity);
  return {
    get size() {
      return outcomes.size;
    },
    inject(request) {
      const volume = tokenVolume(request.pod);
      const text = keyOf(request);
      if (text.includes(placeholder)) return injector.inject(request);
      const key = volume === undefined ? text : text.replaceAll(volume, placeholder);
      const known = outcomes.get(key);
      if (known !== undefined) return volume === undefined ? known : rename(known, placeholder, volume);
      const { decision, patchJson, warnings } = injector.inject(request);
      const outcome = { decision, patchJson, warnings };
      outcomes.set(key, volume === undefined ? outcome : rename(outcome, volume, placeholder));
      return outcome;
    },
  };
}

/** Private-use characters: no name in Kubernetes has them. */
const placeholder = '\uE010';

function rename(outcome: RememberedOutcome, from: string, to: string): RememberedOutcome {
  return { ...outcome, patchJson: outcome.patchJson.replaceAll(from, to) };
}

function tokenVolume(pod: Pod): string | undefined {
  return pod.spec.volumes?.find((volume) => /^kube-api-access-[a-z0-9]{5}$/.test(volume.name))?.name;
}

function keyOf(request: InjectRequest): string {
  const { metadata, ...pod } = request.pod;
  const { managedFields: _m, uid: _u, creationTimestamp: _c, ownerReferences, ...read } = metadata;
  const owners = ownerReferences?.map(({ apiVersion, kind, name, controller }) => [apiVersion, kind, name, controller]);
  return JSON.stringify([pod, read, owners, request.namespace, request.nodes, request.urlParameters]);
}
