import type { Analyzer } from './analyzer.ts';
import { authorization } from './analyzers/authorization.ts';
import { disruptionBudgets, networkPolicies } from './analyzers/cluster-policies.ts';
import { fanOut, proxyMemory } from './analyzers/costs.ts';
import { destinations } from './analyzers/destinations.ts';
import { gatewayConflicts } from './analyzers/gateway-conflicts.ts';
import { gatewayParts, namedGateways } from './analyzers/gateway-references.ts';
import { injectedPods, injectionLabels } from './analyzers/injection.ts';
import { networks } from './analyzers/networks.ts';
import { mtlsPorts, servicePorts } from './analyzers/ports.ts';
import { ruleConflicts, virtualServiceConflicts } from './analyzers/route-conflicts.ts';
import { ruleHosts } from './analyzers/rule-hosts.ts';
import { selectionConflicts } from './analyzers/selection-conflicts.ts';
import { selectors } from './analyzers/selectors.ts';
import { strictAndPlain } from './analyzers/strict-and-plain.ts';
import { unreachableRules } from './analyzers/unreachable-rules.ts';
import { upstreamTls } from './analyzers/upstream-tls.ts';

/** Everything that is looked for, in the order in which it is told. */
export const analyzers: readonly Analyzer[] = [
  destinations,
  ruleHosts,
  namedGateways,
  gatewayParts,
  selectors,
  virtualServiceConflicts,
  ruleConflicts,
  gatewayConflicts,
  selectionConflicts,
  unreachableRules,
  upstreamTls,
  strictAndPlain,
  servicePorts,
  mtlsPorts,
  authorization,
  injectedPods,
  injectionLabels,
  disruptionBudgets,
  networkPolicies,
  networks,
  fanOut,
  proxyMemory,
];
