import type { Static } from 'typebox';
import { flag, mapOf, message, port, text } from '../build.ts';
import { gatewayNames } from '../common/gateway-names.ts';
import { isHeaderName } from '../common/header.ts';
import { checkDnsLabel } from '../common/host-name.ts';
import { labels } from '../common/label.ts';
import { presenceMatch, stringMatch } from '../common/string-match.ts';
import { type Check, printValue } from '../problem.ts';

/** `@request.auth.claims.x` and `[x]` stand for a claim of the token; `:authority` and its like are Envoy's. */
const checkNames: Check<Record<string, unknown>> = (headers, report) => {
  for (const name of Object.keys(headers)) {
    if (!isHeaderName(name.replace(/^:/, '')) && !name.startsWith('@request.auth.claims'))
      report({ at: [name], code: 'OR1656', message: `${printValue(name)} must be the name of a header` });
  }
};

/** Istio takes an empty one, and Envoy refuses the host for it. */
const checkParameters: Check<Record<string, unknown>> = (parameters, report) => {
  if (Object.hasOwn(parameters, ''))
    report({ at: [''], code: 'OR1657', message: 'a parameter must have a name', istioTakesIt: true });
};

const headerMatches = (description: string) => mapOf(presenceMatch('What its value is like.'), description, checkNames);

export const HttpMatch = message(
  {
    name: text('A name for logs and route names.'),
    uri: stringMatch('The path, without the query.'),
    ignoreUriCase: flag('Compare exact and prefix paths without regard to case.'),
    scheme: stringMatch('http or https.'),
    method: stringMatch('The method.'),
    authority: stringMatch('The authority (Host).'),
    headers: headerMatches('Headers that must be there and match; names in lower case.'),
    withoutHeaders: headerMatches('Headers that must not match.'),
    queryParams: mapOf(presenceMatch('What its value is like.'), 'Parameters of the query.', checkParameters),
    port: port('The port that the request is sent to.'),
    sourceLabels: labels('Labels of the client pod.'),
    sourceNamespace: text('Namespace of the client pod.', checkDnsLabel),
    gateways: gatewayNames('Gateways that this condition holds for, in place of those of the resource.'),
    statPrefix: text('A name for the statistics of the route.'),
  },
  { description: 'Conditions that must all hold.' },
);

export type HttpMatch = Static<typeof HttpMatch>;
