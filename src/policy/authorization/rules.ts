import type { AuthorizationRuleIR, PermissionIR, PrincipalIR } from '../../ir/types/authorization.ts';
import { fieldOf } from '../../model/origin.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { type Condition, conditionOf, type ValueContext } from './conditions.ts';
import {
  cidrValue,
  hostValue,
  namespaceValue,
  pathValue,
  portValue,
  principalValues,
  requestPrincipalValue,
  serviceAccountValue,
  textValue,
  trustDomainValue,
} from './values.ts';

type Rule = NonNullable<AuthorizationPolicy['spec']['rules']>[number];
type Operation = NonNullable<Rule['to']>[number]['operation'];
type Source = NonNullable<Rule['from']>[number]['source'];

/** The rules of one policy. A policy without rules is one that never holds: with ALLOW it denies all. */
export function authorizationRulesOf(
  config: Config<AuthorizationPolicy>,
  trustDomains: readonly string[],
): readonly AuthorizationRuleIR[] {
  const { spec, namespace, name, origin } = config;
  const context = { namespace, trustDomains };
  const title = (index: number) => `ns[${namespace}]-policy[${name}]-rule[${index}]`;
  const rules = (spec.rules ?? []).flatMap((rule, index) => {
    const parts = ruleParts(rule, context, spec.action ?? 'ALLOW');
    return parts === undefined
      ? []
      : [{ name: title(index), ...parts, origin: fieldOf(origin, `spec.rules[${index}]`) }];
  });
  return rules.length > 0 ? rules : [{ name: title(0), operations: [], sources: [], origin }];
}

type RuleParts = Pick<AuthorizationRuleIR, 'operations' | 'sources'>;

/**
 * Undefined when the rule can never hold because it asks for what cannot be known: then ALLOW must not let anyone in by
 * the rest of it. DENY goes on without that condition and denies more: neither lets in whom the author kept out.
 */
function ruleParts(rule: Rule, context: ValueContext, action: string): RuleParts | undefined {
  const conditions = (rule.when ?? []).map((when: Condition) => conditionOf(when, context));
  if (action === 'ALLOW' && conditions.some(({ of }) => of === 'unknown')) return undefined;
  const operations = conditions.flatMap((condition) => (condition.of === 'operation' ? [condition.part] : []));
  const sources = conditions.flatMap((condition) => (condition.of === 'source' ? [condition.part] : []));
  const to = rule.to ?? [];
  const from = rule.from ?? [];
  return {
    operations: (to.length === 0 ? [[]] : to.map(({ operation }) => operationParts(operation))).map((parts) => [
      ...parts,
      ...operations,
    ]),
    sources: (from.length === 0 ? [[]] : from.map(({ source }) => sourceParts(source, context))).map((parts) => [
      ...parts,
      ...sources,
    ]),
  };
}

function operationParts(operation: Operation): PermissionIR[] {
  const part = (
    on: PermissionIR['on'],
    read: (value: string) => PermissionIR['any'][number],
    given: { any: readonly string[] | undefined; not: readonly string[] | undefined },
  ): PermissionIR => ({ on, any: (given.any ?? []).map(read), not: (given.not ?? []).map(read) });
  return [
    part('hosts', hostValue, { any: operation.hosts, not: operation.notHosts }),
    part('methods', textValue, { any: operation.methods, not: operation.notMethods }),
    part('paths', pathValue, { any: operation.paths, not: operation.notPaths }),
    part('ports', portValue, { any: operation.ports, not: operation.notPorts }),
  ].filter(isGiven);
}

function sourceParts(source: Source, context: ValueContext): PrincipalIR[] {
  const identity = { kind: 'identity' } as const;
  const part = (
    on: PrincipalIR['on'],
    read: (value: string) => readonly PrincipalIR['any'][number][],
    given: { any: readonly string[] | undefined; not: readonly string[] | undefined },
  ): PrincipalIR => ({ on, any: (given.any ?? []).flatMap(read), not: (given.not ?? []).flatMap(read) });
  const principals = (value: string) => principalValues(value, context.trustDomains);
  const accounts = (value: string) => [serviceAccountValue(value, context.namespace)];
  const requests = (value: string) => [requestPrincipalValue(value)];
  const cidrs = (value: string) => [cidrValue(value)];
  return [
    part(identity, principals, { any: source.principals, not: source.notPrincipals }),
    part({ kind: 'request-principal' }, requests, { any: source.requestPrincipals, not: source.notRequestPrincipals }),
    part(identity, accounts, { any: source.serviceAccounts, not: source.notServiceAccounts }),
    part(identity, (value) => [trustDomainValue(value)], { any: source.trustDomains, not: source.notTrustDomains }),
    part(identity, (value) => [namespaceValue(value)], { any: source.namespaces, not: source.notNamespaces }),
    part({ kind: 'remote-ip' }, cidrs, { any: source.remoteIpBlocks, not: source.notRemoteIpBlocks }),
    part({ kind: 'direct-ip' }, cidrs, { any: source.ipBlocks, not: source.notIpBlocks }),
  ].filter(isGiven);
}

function isGiven(part: { readonly any: readonly unknown[]; readonly not: readonly unknown[] }): boolean {
  return part.any.length > 0 || part.not.length > 0;
}
