import { isServerName } from '../../model/server-name.ts';
import { int32, listOf, message, port, text, texts } from '../build.ts';
import { checkAddressOrCidr, isAddress } from '../common/address.ts';
import { Destination } from '../common/destination.ts';
import { gatewayNames } from '../common/gateway-names.ts';
import { checkDnsLabel, checkServerName, isWildcardHost, noServerName } from '../common/host-name.ts';
import { labels } from '../common/label.ts';
import type { Check } from '../problem.ts';
import { checkWeights } from './weights.ts';

const RouteDestination = message(
  { weight: int32('Share of the connections, relative to the other weights.', { minimum: 0 }) },
  { description: 'A destination and its share.', needs: { destination: Destination } },
);

const checkSniHost: Check<string> = (value, report) => {
  if (isAddress(value))
    report({
      severity: 'warning',
      code: 'OR1653',
      message: 'a server name cannot be an address: most clients send none',
    });
  else checkServerName(value, report);
  if (isWildcardHost(value) && !isServerName(value)) report(noServerName(value, 'the rule'));
};

const conditions = {
  destinationSubnets: texts('Addresses that the client connects to.', checkAddressOrCidr),
  port: port('The port that the client connects to.'),
  sourceLabels: labels('Labels of the client pod.'),
  sourceNamespace: text('Namespace of the client pod.', checkDnsLabel),
  gateways: gatewayNames('Gateways that this condition holds for, in place of those of the resource.'),
};

const TlsMatch = message(conditions, {
  description: 'Conditions that must all hold.',
  needs: { sniHosts: texts('Server names that the client asks for.', checkSniHost) },
  check: (match, report) => {
    if (match.sniHosts.length === 0)
      report({ at: ['sniHosts'], code: 'OR1642', message: 'one server name must be given' });
  },
});

const TcpMatch = message(
  { ...conditions, sourceSubnet: text('Has no effect.', checkAddressOrCidr) },
  {
    description: 'Conditions that must all hold.',
    check: (match, report) => {
      if (match.sourceSubnet !== undefined)
        report({
          at: ['sourceSubnet'],
          severity: 'warning',
          code: 'OR1653',
          message: 'sourceSubnet has no effect, in Istio either',
        });
    },
  },
);

const route = listOf(RouteDestination, 'Where connections go.');

export const TlsRoutes = listOf(
  message(
    { route },
    {
      description: 'A rule.',
      needs: { match: listOf(TlsMatch, 'The rule is for connections that one of these fits.') },
      check: (rule, report) => {
        if (rule.match.length === 0) report({ at: ['match'], code: 'OR1642', message: 'one match must be given' });
        if ((rule.route ?? []).length === 0)
          report({ at: ['route'], code: 'OR1642', message: 'one destination must be given' });
        checkWeights(rule.route ?? [], { at: ['route'], report });
      },
    },
  ),
  'Rules for TLS that is passed through, by server name.',
);

export const TcpRoutes = listOf(
  message(
    { match: listOf(TcpMatch, 'The rule is for connections that one of these fits; none given means all.'), route },
    {
      description: 'A rule.',
      check: (rule, report) => {
        if ((rule.route ?? []).length === 0)
          report({ at: ['route'], code: 'OR1642', message: 'one destination must be given' });
        checkWeights(rule.route ?? [], { at: ['route'], report });
      },
    },
  ),
  'Rules for other connections; the first that fits is used.',
);
