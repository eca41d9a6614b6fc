import type { Static } from 'typebox';
import { choice, listOf, message } from '../build.ts';
import { WorkloadSelector } from '../common/label.ts';
import { checkTargets, targetFields } from '../common/target-ref.ts';
import type { Check, Report, Segment } from '../problem.ts';
import { Condition } from './condition.ts';
import { To } from './operation.ts';
import { From, Provider } from './source.ts';

const Rule = message(
  {
    from: listOf(From, 'Sources of which one must fit; none given means all.'),
    to: listOf(To, 'Operations of which one must fit; none given means all.'),
    when: listOf(Condition, 'Conditions that must all hold.'),
  },
  {
    description: 'A rule; {} fits every request.',
    check: (rule, report) => {
      for (const name of ['from', 'to'] as const) {
        if (rule[name]?.length === 0)
          report({
            at: [name],
            severity: 'warning',
            code: 'OR1654',
            message: `an empty list is as none: the rule is for all, whatever ${name} is meant to say`,
          });
      }
    },
  },
);

type Rule = Static<typeof Rule>;

const fields = {
  selector: WorkloadSelector,
  ...targetFields,
  action: choice(
    ['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'],
    'What becomes of requests that a rule fits; ALLOW is the default.',
  ),
  provider: Provider,
  rules: listOf(Rule, 'ALLOW without a rule allows nothing.'),
};

const Form = message(fields, { description: 'Form' });
type Spec = Static<typeof Form>;

/**
 *  rules    absent or []         [{}]
 *  ALLOW    nothing is allowed   everything is allowed
 *  DENY     refused here: it     everything is denied
 *           would do nothing
 */
const checkSpec: Check<Spec> = (spec, report) => {
  const { action = 'ALLOW', rules = [] } = spec;
  if ((action === 'DENY' || action === 'CUSTOM') && rules.length === 0) {
    const message = `${action} without rules does nothing: give rules: [{}] for every request`;
    report({ at: ['rules'], code: 'OR1642', message });
  }
  checkProvider(spec, report);
  if (action === 'CUSTOM') checkCustom(rules, report);
  checkTargets(spec, report);
};

const beforehand = [
  'namespaces',
  'notNamespaces',
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
];

/** The provider is asked before tokens are read, so what they say cannot be a condition. */
function checkCustom(rules: readonly Rule[], report: Report): void {
  const found = rules.flatMap((rule, index) => lateFields(rule).map((at) => ['rules', index, ...at]));
  for (const at of found)
    report({ at, code: 'OR1655', message: 'it cannot be used where the action is CUSTOM: tokens are not read yet' });
}

function lateFields({ from = [], when = [] }: Rule): (readonly Segment[])[] {
  const sources = from.flatMap(({ source }, index) =>
    Object.keys(source)
      .filter((name) => beforehand.includes(name) && source[name as keyof typeof source]?.length !== 0)
      .map((name) => ['from', index, 'source', name]),
  );
  const keys = when.flatMap(({ key }, index) =>
    ['source.namespace', 'source.principal'].includes(key) || key.startsWith('request.auth.')
      ? [['when', index, 'key']]
      : [],
  );
  return [...sources, ...keys];
}

function checkProvider({ action, provider }: Spec, report: Report): void {
  if (action === 'CUSTOM' && provider === undefined)
    report({ at: ['provider'], code: 'OR1642', message: 'provider.name must be given where the action is CUSTOM' });
  if (action !== 'CUSTOM' && provider !== undefined)
    report({ at: ['provider'], code: 'OR1655', message: 'provider needs the action CUSTOM' });
}

export const AuthorizationPolicySpec = message(fields, {
  description: 'Who may do what with pods.',
  check: checkSpec,
});
