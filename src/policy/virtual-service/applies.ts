import { type Client, hasLabels } from '../client.ts';
import { gatewayId } from './gateway-id.ts';
import type { RuleContext } from './rule-context.ts';

interface SourceConditions {
  readonly port?: number;
  readonly gateways?: readonly string[];
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
}

/**
 * Whether a match can hold at all for this listener and client; the rest of it is for the proxy to see. Where the match
 * names gateways, labels and namespace of the source are not looked at, as in Istio.
 */
export function matchApplies(match: SourceConditions, context: RuleContext): boolean {
  if (match.port !== undefined && match.port !== context.port) return false;
  const { namespace } = context.config;
  if (match.gateways !== undefined && match.gateways.length > 0)
    return match.gateways.some((name) => context.gateways.has(gatewayId(name, namespace)));
  return sourceApplies(match, context.client);
}

function sourceApplies(match: SourceConditions, client: Client): boolean {
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== client.namespace) return false;
  return hasLabels(client.labels, match.sourceLabels);
}
