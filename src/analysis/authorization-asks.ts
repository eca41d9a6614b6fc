import type { AuthorizationPolicy } from '../schema/kinds.ts';

export type Rule = NonNullable<AuthorizationPolicy['spec']['rules']>[number];
type Source = NonNullable<NonNullable<Rule['from']>[number]['source']>;
type Operation = NonNullable<NonNullable<Rule['to']>[number]['operation']>;

/** Whether each way that a rule can hold needs something: lists of `from` and of `to` are alternatives, `when` is not. */
function needs(
  { from = [], to = [], when = [] }: Rule,
  ask: {
    readonly source?: readonly (keyof Source)[];
    readonly operation?: readonly (keyof Operation)[];
    readonly key: RegExp;
  },
): boolean {
  const has = (part: object | undefined, fields: readonly string[]) =>
    fields.some((field) => ((part as Record<string, readonly unknown[]> | undefined)?.[field] ?? []).length > 0);
  const bySource = from.length > 0 && from.every(({ source }) => has(source, ask.source ?? []));
  const byOperation = to.length > 0 && to.every(({ operation }) => has(operation, ask.operation ?? []));
  return bySource || byOperation || when.some(({ key, values = [] }) => values.length > 0 && ask.key.test(key));
}

/** Something of a request, which a connection has not. */
export const asksForHttp = (rule: Rule): boolean =>
  needs(rule, {
    source: ['requestPrincipals', 'notRequestPrincipals'],
    operation: ['methods', 'notMethods', 'paths', 'notPaths', 'hosts', 'notHosts'],
    key: /^request\./,
  });

/** Something of the certificate of the caller. What must not be (`notPrincipals`) holds for nobody, too. */
export const asksForIdentity = (rule: Rule): boolean =>
  needs(rule, {
    source: ['principals', 'namespaces', 'serviceAccounts'],
    key: /^source\.(principal|namespace|serviceAccount)$/,
  });

/** Something of a token. */
export const asksForToken = (rule: Rule): boolean =>
  needs(rule, { source: ['requestPrincipals'], key: /^request\.auth\./ });
