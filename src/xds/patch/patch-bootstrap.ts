import type { PatchIR } from '../../ir/types/patch.ts';
import { brokenLimit } from '../limits/broken-limit.ts';
import type { Message } from '../resource.ts';
import { listFault } from './bootstrap-lists.ts';
import { canonical, merged } from './merge.ts';
import { bootstrapType, unknownExtension, valueFault } from './value-fault.ts';

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
    const value = canonical(bootstrapType, patch.value) as Message;
    const next = merged(bootstrapType, message, finish(value)) as Message;
    const fault = valueFault(patch) ?? missing(patch) ?? brokenLimit(bootstrapType, next) ?? listFault(next);
    if (fault === undefined) message = next;
    else problems.push({ message: fault, patch });
  }
  return { message, problems };
}

function missing(patch: PatchIR): string | undefined {
  const type = unknownExtension(patch);
  return type === undefined
    ? undefined
    : `stock Envoy knows no extension by ${type} there: no proxy would start with it`;
}
