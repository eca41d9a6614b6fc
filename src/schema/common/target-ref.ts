import { listOf, message, text } from '../build.ts';
import type { Finding, Report, Segment } from '../problem.ts';

const TargetRef = message(
  { group: text('Its group.'), namespace: text('Its namespace.') },
  { description: 'What the policy is attached to.', needs: { kind: text('Its kind.'), name: text('Its name.') } },
);

/** What a policy of the security API may be attached to, in place of a selector. */
export const targetFields = {
  targetRef: TargetRef,
  targetRefs: listOf(TargetRef, 'What the policy is attached to.'),
};

interface Attached {
  readonly selector?: unknown;
  readonly targetRef?: { readonly namespace?: string };
  readonly targetRefs?: readonly { readonly namespace?: string }[];
}

export function checkTargets(spec: Attached, report: Report): void {
  if (spec.targetRef?.namespace !== undefined) report(foreign(['targetRef', 'namespace']));
  for (const [index, ref] of (spec.targetRefs ?? []).entries()) {
    if (ref.namespace !== undefined) report(foreign(['targetRefs', index, 'namespace']));
  }
  const chosen = (['selector', 'targetRef', 'targetRefs'] as const).filter((name) => isGiven(spec, name));
  if (chosen.length > 1)
    report({
      code: 'OR1645',
      message: `only one of selector, targetRef and targetRefs may be given, not ${chosen.join(' and ')}`,
    });
}

function isGiven(spec: Attached, name: keyof Attached): boolean {
  return name === 'targetRefs' ? (spec.targetRefs ?? []).length > 0 : spec[name] !== undefined;
}

const foreign = (at: readonly Segment[]): Finding => ({
  ...{ at, code: 'OR1655', message: 'the target must be in the namespace of the policy: leave namespace out' },
});
