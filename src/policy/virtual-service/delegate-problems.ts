import { fieldOf, type Origin } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';
import type { HttpRoute } from '../../schema/virtual-service/http-route.ts';
import { joinMatches } from './delegate-matches.ts';
import { delegateId, delegatesById, inGateways, isDelegate, isRoot, isSeen } from './delegates.ts';

/** A rule that is left out, and why. */
export interface DelegateProblem {
  readonly origin: Origin;
  /** A whole sentence. */
  readonly message: string;
}

/** What of the delegations of all VirtualServices cannot be used. */
export function delegateProblems(configs: readonly Config<VirtualService>[]): readonly DelegateProblem[] {
  const known = delegatesById(configs);
  return configs
    .filter((config) => !isDelegate(config) && isRoot(config))
    .flatMap((root) => (root.spec.http ?? []).flatMap((rule, index) => problemsOf(rule, index, { root, known })));
}

interface Around {
  readonly root: Config<VirtualService>;
  readonly known: ReadonlyMap<string, Config<VirtualService>>;
}

function problemsOf(rule: HttpRoute, index: number, { root, known }: Around): DelegateProblem[] {
  if (rule.delegate === undefined) return [];
  const origin = fieldOf(root.origin, `spec.http[${index}].delegate`);
  const id = delegateId(rule, root);
  const found = known.get(id);
  if (found === undefined)
    return [{ origin, message: `${id} is no VirtualService without hosts: the rule is left out` }];
  if (!isSeen(found, root))
    return [{ origin, message: `${id} is not exported to ${root.namespace}: the rule is left out` }];
  const outer = inGateways(rule, root.namespace).match ?? [];
  return (found.spec.http ?? []).flatMap((inner, place) => {
    const own = inGateways(inner, found.namespace).match ?? [];
    if (joinMatches(outer, own) !== undefined) return [];
    return [{ origin, message: `rule ${place} of ${id} is left out: a condition of it goes with none of this rule's` }];
  });
}
