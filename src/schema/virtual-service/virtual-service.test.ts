import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

/** `OR1651 spec.http[0].route`, warnings with a `~` in front. */
function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`,
  );
}

const rule = (text: string) => `{hosts: [a], http: [{${text}}]}`;
const route = 'route: [{destination: {host: a}}]';

const cases: readonly (readonly [string, ...string[]])[] = [
  ['{hosts: [a, "*.example.com", 10.0.0.1, b.ns.svc.cluster.local], http: [{redirect: {uri: /}}]}'],
  ['{hosts: ["a_b"]}', 'OR1649 spec.hosts[0]'],
  ['{hosts: ["a.*"]}', 'OR1649 spec.hosts[0]'],
  [`{hosts: ["*"], http: [{${route}}]}`, 'OR1649 spec.hosts[0]'],
  [`{hosts: ["*"], gateways: [gw], http: [{${route}}]}`],
  [`{hosts: [a, b, a], http: [{${route}}]}`, 'OR1652 spec.hosts[2]'],
  [`{hosts: [a], gateways: [ns/gw, mesh, a/b/c], http: [{${route}}]}`, 'OR1657 spec.gateways[2]'],
  ['{hosts: [a]}', '~OR1654 spec'],
  [`{http: [{${route}}]}`],
  [`{gateways: [gw], http: [{${route}}]}`, 'OR1642 spec.hosts'],
  ['{http: [{delegate: {name: b}}]}', 'OR1655 spec.http[0].delegate'],
  [rule('delegate: {name: b, namespace: c}')],
  [rule('delegate: {}'), 'OR1642 spec.http[0].delegate.name'],
  ['{}', 'OR1642 spec.hosts', '~OR1654 spec'],
  [rule(''), 'OR1642 spec.http[0]'],
  [rule('route: []'), 'OR1642 spec.http[0]'],
  [rule(`${route}, redirect: {uri: /}`), 'OR1645 spec.http[0]'],
  [rule('redirect: {uri: /}, fault: {abort: {httpStatus: 500}}'), 'OR1645 spec.http[0].fault'],
  [rule('redirect: {}'), 'OR1642 spec.http[0].redirect'],
  [rule('redirect: {uri: /, redirectCode: 200}'), 'OR1646 spec.http[0].redirect.redirectCode'],
  [rule('redirect: {uri: /, redirectCode: 305}'), '~OR1653 spec.http[0].redirect.redirectCode'],
  [rule('redirect: {uri: /, port: 80, derivePort: FROM_REQUEST_PORT}'), 'OR1645 spec.http[0].redirect'],
  [rule('directResponse: {status: 503, body: {string: a}}')],
  [rule('directResponse: {body: {string: a}}'), 'OR1642 spec.http[0].directResponse.status'],
  [rule('directResponse: {status: 503, body: {string: a, bytes: YQ==}}'), 'OR1645 spec.http[0].directResponse.body'],
  [rule('directResponse: {status: 503, body: {bytes: "no base64"}}'), 'OR1644 spec.http[0].directResponse.body.bytes'],
  [rule('route: [{destination: {host: a}, weight: -1}]'), 'OR1646 spec.http[0].route[0].weight'],
  [rule('route: [{destination: {host: a}, weight: 0}]')],
  [rule('route: [{destination: {host: a}, weight: 3}, {destination: {host: b}, weight: 1}]')],
  [rule('route: [{destination: {host: a}, weight: 0}, {destination: {host: b}}]'), 'OR1651 spec.http[0].route'],
  [rule('route: [{destination: {subset: a}}]'), 'OR1642 spec.http[0].route[0].destination.host'],
  [
    rule('route: [{destination: {host: a, port: {number: 70000}}}]'),
    'OR1646 spec.http[0].route[0].destination.port.number',
  ],
  [
    rule('route: [{destination: {host: a, port: {number: "80"}}}]'),
    'OR1641 spec.http[0].route[0].destination.port.number',
  ],
  [rule(`${route}, timeout: 5`), 'OR1641 spec.http[0].timeout'],
  [rule(`${route}, timeout: 5 s`), 'OR1647 spec.http[0].timeout'],
  [rule(`${route}, timeout: 0s`)],
  [rule(`${route}, timeout: 1m30.5s`)],
  [rule(`${route}, timeout: -1s`), 'OR1647 spec.http[0].timeout'],
  [rule(`${route}, retries: {attempts: 0}`)],
  [rule(`${route}, retries: {attempts: 0, retryOn: 5xx}`), 'OR1655 spec.http[0].retries.attempts'],
  [rule(`${route}, retries: {attempts: 2, retryOn: "5xx, 503,reset"}`)],
  [rule(`${route}, retries: {attempts: 2, retryOn: "5xx,gateway-eror"}`), 'OR1644 spec.http[0].retries.retryOn'],
  [rule(`${route}, retries: {attempts: 2, budget: 3}`), '~OR1643 spec.http[0].retries.budget'],
  [rule(`${route}, match: [{uri: {regex: "(?!a)"}}]`), 'OR1648 spec.http[0].match[0].uri.regex'],
  [rule(`${route}, match: [{uri: {regex: "(a)\\\\1"}}]`), 'OR1648 spec.http[0].match[0].uri.regex'],
  [rule(`${route}, match: [{uri: {exact: a, prefix: b}}]`), 'OR1645 spec.http[0].match[0].uri'],
  [rule(`${route}, match: [{headers: {x: {regex: "*"}, y: {}}, queryParams: {a: {regex: "*"}}}]`)],
  [rule(`${route}, match: [{headers: {"a b": {exact: c}}}]`), 'OR1656 spec.http[0].match[0].headers["a b"]'],
  [rule(`${route}, match: [{headers: {x: null}}]`), 'OR1641 spec.http[0].match[0].headers.x'],
  [
    rule(`${route}, match: [{headers: {"@request.auth.claims[a][b]": {exact: c}}}]`),
    'OR1655 spec.http[0].match[0].headers["@request.auth.claims[a][b]"]',
  ],
  [`{hosts: [a.b], gateways: [gw], http: [{${route}, match: [{headers: {"@request.auth.claims.a": {exact: c}}}]}]}`],
  [`{http: [{${route}, match: [{uri: {regex: a}}]}]}`, 'OR1655 spec.http[0].match[0].uri.regex'],
  [rule('delegate: {name: b}, match: [{headers: {x: {regex: a}}}]'), 'OR1655 spec.http[0].match[0].headers.x.regex'],
  [rule(`${route}, match: [{uri: {prefix: ""}}]`), 'OR1657 spec.http[0].match[0].uri.prefix'],
  [`{hosts: [a.b], gateways: [gw.ns.svc.cluster.local], http: [{${route}}]}`, '~OR1653 spec.gateways[0]'],
  [`{hosts: ["*.b", a.b], http: [{${route}}]}`, 'OR1652 spec.hosts[1]'],
  [rule('route: [{destination: {host: "*"}}]'), 'OR1649 spec.http[0].route[0].destination.host'],
  [rule('route: [{destination: {host: a, subset: "a b"}}]'), 'OR1657 spec.http[0].route[0].destination.subset'],
  [rule(`${route}, retries: {perTryTimeout: 2s}`), 'OR1655 spec.http[0].retries.attempts'],
  [rule(`${route}, fault: {abort: {percentage: {value: 1}}}`), '~OR1654 spec.http[0].fault.abort'],
  [rule(`${route}, corsPolicy: {allowOrigins: [{}]}`), 'OR1642 spec.http[0].corsPolicy.allowOrigins[0]'],
  [rule(`${route}, corsPolicy: {maxAge: 1500ms}`), 'OR1647 spec.http[0].corsPolicy.maxAge'],
  [`{hosts: [a.b], tls: [{match: [{sniHosts: [10.0.0.1]}], ${route}}]}`, '~OR1653 spec.tls[0].match[0].sniHosts[0]'],
  [`{hosts: [outbound_.80_.v1_.a.b], gateways: [gw], tls: [{match: [{sniHosts: [outbound_.80_.v1_.a.b]}], ${route}}]}`],
  [rule(`${route}, match: [{sourceLabels: {"a/b/": c}}]`), 'OR1657 spec.http[0].match[0].sourceLabels["a/b/"]'],
  [rule(`${route}, fault: {}`), 'OR1642 spec.http[0].fault'],
  [
    rule(`${route}, fault: {delay: {percentage: {value: 101}, fixedDelay: 1s}}`),
    'OR1646 spec.http[0].fault.delay.percentage.value',
  ],
  [rule(`${route}, fault: {delay: {percent: 10, fixedDelay: 1s}}`), '~OR1653 spec.http[0].fault.delay.percent'],
  [rule(`${route}, fault: {delay: {percentage: {value: 10}}}`), '~OR1654 spec.http[0].fault.delay'],
  [rule(`${route}, fault: {delay: {fixedDelay: 0s}}`), 'OR1647 spec.http[0].fault.delay.fixedDelay'],
  [rule(`${route}, fault: {abort: {grpcStatus: UNAVAILABLE}}`)],
  [rule(`${route}, fault: {abort: {grpcStatus: DOWN}}`), 'OR1644 spec.http[0].fault.abort.grpcStatus'],
  [rule(`${route}, fault: {abort: {httpStatus: 500, grpcStatus: OK}}`), 'OR1645 spec.http[0].fault.abort'],
  [rule(`${route}, headers: {request: {set: {":authority": b}, remove: [x]}, response: {add: {y: z}}}`)],
  [rule(`${route}, headers: {response: {set: {":status": b}}}`), 'OR1656 spec.http[0].headers.response.set[":status"]'],
  [rule(`${route}, headers: {request: {remove: [host]}}`), 'OR1656 spec.http[0].headers.request.remove[0]'],
  [rule(`${route}, headers: {request: {set: {x: "a\\nb"}}}`), 'OR1656 spec.http[0].headers.request.set.x'],
  [
    rule(`${route}, rewrite: {authority: b}, headers: {request: {set: {host: b}}}`),
    'OR1645 spec.http[0].headers.request',
  ],
  [rule(`${route}, rewrite: {}`), 'OR1642 spec.http[0].rewrite'],
  [rule(`${route}, rewrite: {uri: /, uriRegexRewrite: {match: a, rewrite: b}}`), 'OR1645 spec.http[0].rewrite'],
  [rule(`${route}, mirror: {host: b}, mirrorPercentage: {value: 12.5}`)],
  [rule(`${route}, mirror: {host: b}, mirrorPercent: 10`), '~OR1653 spec.http[0].mirrorPercent'],
  [rule(`${route}, mirrorPercentage: {value: 10}`), '~OR1653 spec.http[0].mirrorPercentage'],
  [rule(`${route}, mirror: {host: b}, mirrors: [{destination: {host: c}}]`), 'OR1645 spec.http[0].mirrors'],
  [
    rule(`${route}, corsPolicy: {allowOrigins: [{regex: ".*"}], allowMethods: [get]}`),
    'OR1644 spec.http[0].corsPolicy.allowMethods[0]',
  ],
  [rule(`${route}, corsPolicy: {allowOrigin: ["*"]}`), '~OR1653 spec.http[0].corsPolicy.allowOrigin'],
  [`{hosts: [a], http: [{${route}}, {${route}}]}`],
  [`{hosts: [a], http: [{match: [{port: 80}], ${route}}, {${route}}]}`],
  [`{hosts: [a], exportTo: [".", "*"], http: [{${route}}]}`, 'OR1645 spec.exportTo'],
  [`{hosts: ["*.b.c"], tls: [{match: [{sniHosts: [a.b.c]}], ${route}}]}`],
  [`{hosts: ["*.b.c"], tls: [{match: [{sniHosts: [a.b.d]}], ${route}}]}`, 'OR1655 spec.tls[0].match[0].sniHosts[0]'],
  [`{hosts: [a], tls: [{match: [], ${route}}]}`, 'OR1642 spec.tls[0].match'],
  [
    `{hosts: [a], tcp: [{match: [{destinationSubnets: [10.0.0.0/33]}], ${route}}]}`,
    'OR1650 spec.tcp[0].match[0].destinationSubnets[0]',
  ],
  [`{hosts: [a], tcp: [{match: [{sourceSubnet: 10.0.0.0/8}], ${route}}]}`, '~OR1653 spec.tcp[0].match[0].sourceSubnet'],
  ['{hosts: [a], tcp: [{}]}', 'OR1642 spec.tcp[0].route'],
  ['{hosts: a}', 'OR1641 spec.hosts'],
  ['[]', 'OR1641 spec'],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
