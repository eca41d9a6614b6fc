import type { MtlsMode } from '../../ir/types/inbound.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Workload } from '../../model/workload.ts';
import { holdsFor, isEnforced } from '../../policy/authorization/select.ts';
import type { PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import { tokenRulesFor } from '../../policy/request-authentication/select.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { AuthorizationPolicy } from '../../schema/kinds.ts';
import { type Block, plural, shortOrigin } from './block.ts';

export interface SecurityInputs {
  readonly snapshot: Snapshot;
  readonly settings: MeshSettings;
  readonly modes: PeerAuthenticationIndex;
}

const names: Readonly<Record<MtlsMode, string>> = { strict: 'STRICT', permissive: 'PERMISSIVE', disable: 'DISABLE' };

/** Whom a workload lets in. */
export function describeSecurity(inputs: SecurityInputs, workload: Workload): Block {
  if (!workload.meshed) return { title: 'Security', lines: ['mTLS: none, as it has no proxy; no policy is enforced'] };
  const tokens = tokensInWords(inputs, workload);
  return {
    title: 'Security',
    lines: [...mtlsInWords(inputs, workload), ...policiesInWords(inputs, workload), ...tokens],
  };
}

function mtlsInWords({ modes }: SecurityInputs, { namespace, labels }: Workload): string[] {
  const { mode, ports, origin } = modes.forWorkload(namespace, labels);
  const source =
    origin === undefined ? 'the default, as no PeerAuthentication says otherwise' : `by ${shortOrigin(origin)}`;
  const others = [...ports].filter(([, own]) => own !== mode);
  return [
    `mTLS: ${names[mode]}, ${source}`,
    ...others.map(([port, own]) => `mTLS of port ${port}: ${names[own]}, ${source}`),
  ];
}

function policiesInWords({ snapshot, settings }: SecurityInputs, { namespace, labels }: Workload): string[] {
  const { rootNamespaces, trustDomain, trustDomainAliases } = settings;
  const query = { namespace, labels, rootNamespaces, trustDomains: [trustDomain, ...trustDomainAliases] };
  const held = snapshot.authorizationPolicies.filter((config) => holdsFor(config, query));
  if (held.length === 0) return ['Authorization: everybody may call, as no AuthorizationPolicy holds'];
  const allows = held.some((config) => isEnforced(config) && (config.spec.action ?? 'ALLOW') === 'ALLOW');
  const rest = allows ? 'what no ALLOW rule fits is refused' : 'what is not refused may call';
  return [...held.map(policyInWords), `Authorization: ${rest}`];
}

function policyInWords(config: Config<AuthorizationPolicy>): string {
  const { action = 'ALLOW', rules = [], selector } = config.spec;
  const whom = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const scope = whom.length === 0 ? 'all of its pods' : whom.join(', ');
  const what = rules.length === 0 ? 'no rule, which fits nothing' : plural(rules.length, 'rule');
  return `${shortOrigin(config.origin)}: ${action}, ${what}, for ${scope}${isEnforced(config) ? '' : ' (dry run: only counted)'}`;
}

function tokensInWords({ snapshot, settings }: SecurityInputs, { namespace, labels }: Workload): string[] {
  const { rootNamespaces } = settings;
  const rules = tokenRulesFor(snapshot.requestAuthentications, {
    namespace,
    labels,
    rootNamespaces,
    keys: snapshot.tokenKeys,
  });
  return rules.map(({ issuer, origin }) => `${shortOrigin(origin)}: tokens of ${issuer} are checked`);
}
