import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '../validate.ts';

function problemsOf(spec: string): string[] {
  const object = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'Gateway', metadata: { name: 'x' } };
  return validate({ ...object, spec: parse(spec) }).problems.map(
    ({ severity, code, path }) => `${severity === 'warning' ? '~' : ''}${code} ${path}`,
  );
}

const http = 'port: {number: 80, name: http, protocol: HTTP}';
const https = 'port: {number: 443, name: https, protocol: HTTPS}';
const server = (text: string) => `{selector: {istio: ingressgateway}, servers: [{hosts: ["*"], ${text}}]}`;
const tls = (text: string) => server(`${https}, tls: {${text}}`);
const at = 'spec.servers[0]';

const cases: readonly (readonly [string, ...string[]])[] = [
  [server(http)],
  ['{selector: {a: b}}', 'OR1642 spec.servers'],
  ['{servers: []}', 'OR1642 spec.servers'],
  ['{servers: [{}]}', `OR1642 ${at}.port`, `OR1642 ${at}.hosts`],
  [`{servers: [{hosts: [], ${http}}]}`, `OR1642 ${at}.hosts`],
  [`{servers: [{hosts: [ns/a.b, ./*, "*/*.c"], ${http}}]}`],
  [`{servers: [{hosts: [a/b/c], ${http}}]}`, `OR1649 ${at}.hosts[0]`],
  [`{servers: [{hosts: ["a b/c"], ${http}}]}`, `OR1657 ${at}.hosts[0]`],
  [`{servers: [{hosts: [a], ${http}}, {hosts: [b], ${http}}]}`, 'OR1652 spec.servers[1].port.name'],
  [server('port: {number: 80, name: a, protocol: HTPP}'), `OR1644 ${at}.port.protocol`],
  [server('port: {number: 80, name: a, protocol: http, targetPort: 8080}'), `~OR1653 ${at}.port.targetPort`],
  [server('port: {number: 0, name: a, protocol: HTTP}'), `OR1646 ${at}.port.number`],
  [server(`${http}, bind: 10.0.0.1, name: a`)],
  [server(`${http}, bind: localhost`), `OR1650 ${at}.bind`],
  [server(`${http}, defaultEndpoint: "127.0.0.1:80"`), `~OR1653 ${at}.defaultEndpoint`],
  [server(`${http}, tls: {httpsRedirect: true}`)],
  [
    server(`${http}, tls: {mode: SIMPLE, credentialName: a}`),
    `OR1655 ${at}.tls.mode`,
    `~OR1655 ${at}.tls.credentialName`,
  ],
  [server(`${http}, tls: {mode: PASSTHROUGH, minProtocolVersion: TLSV1_2}`), `~OR1655 ${at}.tls.minProtocolVersion`],
  [server('port: {number: 9, name: a, protocol: TCP}, tls: {}'), `OR1655 ${at}.tls`],
  [server('bind: unix:///a, port: {number: 0, name: a, protocol: HTTP}')],
  [server('bind: unix:///a, port: {number: 1, name: a, protocol: HTTP}'), `OR1646 ${at}.port.number`],
  [tls('mode: PASSTHROUGH, credentialName: a'), `~OR1653 ${at}.tls.credentialName`],
  [tls('mode: SIMPLE, credentialName: a, caCrl: b'), `OR1655 ${at}.tls.caCrl`],
  [server(https), `OR1642 ${at}.tls`],
  [tls('mode: PASSTHROUGH')],
  [tls('mode: SIMPLE, credentialName: a')],
  [tls('mode: SIMPLE, credentialNames: [a, b]')],
  [tls('mode: SIMPLE'), `OR1642 ${at}.tls.serverCertificate`, `OR1642 ${at}.tls.privateKey`],
  [tls('mode: MUTUAL, serverCertificate: a, privateKey: b'), `OR1642 ${at}.tls.caCertificates`],
  [tls('mode: OPTIONAL_MUTUAL, serverCertificate: a, privateKey: b, caCertificates: c')],
  [tls('mode: SIMPLE, credentialName: a, credentialNames: [b]'), `OR1645 ${at}.tls`],
  [tls('mode: ISTIO_MUTUAL')],
  [tls('mode: ISTIO_MUTUAL, credentialName: a'), `OR1645 ${at}.tls.credentialName`],
  [
    tls('mode: PASSTHROUGH, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2'),
    `OR1655 ${at}.tls.minProtocolVersion`,
  ],
  [tls('mode: SIMPLE, credentialName: a, minProtocolVersion: TLSV1_2, cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]')],
  [tls('mode: MUTUAL, credentialName: a, verifyCertificateHash: [abc]'), `OR1657 ${at}.tls.verifyCertificateHash[0]`],
  [tls('mode: simple'), `OR1644 ${at}.tls.mode`],
  [tls('mode: MUTUAL, credentialName: a, insecureSkipVerify: true'), `~OR1659 ${at}.tls.insecureSkipVerify`],
  [tls('mode: SIMPLE, credentialName: a, insecureSkipVerify: true'), `~OR1653 ${at}.tls.insecureSkipVerify`],
];

test.each(cases)('%s', (spec, ...expected) => {
  expect(problemsOf(spec)).toEqual(expected);
});
