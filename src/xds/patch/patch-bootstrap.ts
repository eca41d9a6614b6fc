import type { PatchIR } from '../../ir/types/patch.ts';
import { brokenLimit } from '../limits/broken-limit.ts';
import type { Message } from '../resource.ts';
import { listFault } from './bootstrap-lists.ts';
import { canonical, merged } from './merge.ts';
import { bootstrapType, missingInBootstrap, valueFault } from './value-fault.ts';

export interface PatchedBootstrap {
  readonly message: Message;
  /** What is left out: a proxy would not start with it. */
  readonly problems: readonly { readonly message: string; readonly patch: PatchIR }[];
}

/**
 * A bootstrap with each patch merged into it, one after the other. Envoy checks a bootstrap as a whole and ends where it takes
 * exception to it, and no control plane hears of that: what its API forbids, types that are not known, extensions that stock Envoy
 * lacks and names that are there twice are left out. `finish` is what becomes of the values of patches before they are merged, which are checked without it. Pure.
 */
export function patchBootstrap(
  base: Message,
  patches: readonly PatchIR[],
  finish: (value: Message) => Message,
): PatchedBootstrap {
  let message = base;
  const problems: { message: string; patch: PatchIR }[] = [];
  for (const patch of patches) {
    // Nothing is made of a value that is none.
    const wrong = valueFault(patch) ?? missingInBootstrap(patch);
    const next = wrong === undefined ? withPatch(message, patch, finish) : message;
    const fault = wrong ?? brokenLimit(bootstrapType, next) ?? listFault(next);
    if (fault === undefined) message = next;
    else problems.push({ message: fault, patch });
  }
  return { message, problems };
}

function withPatch(message: Message, { value }: PatchIR, finish: (value: Message) => Message): Message {
  return merged(bootstrapType, message, finish(canonical(bootstrapType, value) as Message)) as Message;
}
