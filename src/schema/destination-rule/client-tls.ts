import type { Static } from 'typebox';
import { choice, flag, message, text, texts } from '../build.ts';
import type { Report } from '../problem.ts';

const fields = {
  clientCertificate: text('File of the client certificate.'),
  privateKey: text('File of its key.'),
  caCertificates: text('File of the authorities of the server; none given means those of the system.'),
  caCrl: text('File of revoked certificates.'),
  credentialName: text('Secret that holds certificate, key and authorities.'),
  subjectAltNames: texts('Names of which the server must have one.'),
  sni: text('Server name that is asked for.', (value, report) => {
    if (Buffer.byteLength(value) > 255) report({ code: 'OR1646', message: 'it must have at most 255 bytes' });
  }),
  insecureSkipVerify: flag('Do not verify the server.'),
  mode: choice(
    ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'],
    'None (the default), TLS, TLS with client certificate, or that of the mesh.',
  ),
};

const Form = message(fields, { description: 'Form' });
export type ClientTls = Static<typeof Form>;

const files = ['clientCertificate', 'privateKey', 'caCertificates'] as const;

export const ClientTls = message(fields, {
  description: 'TLS of connections to the service.',
  check: (tls, report) => {
    if (tls.mode === 'MUTUAL') checkMutual(tls, report);
    if (tls.mode === 'SIMPLE' && tls.credentialName !== undefined && tls.caCertificates !== undefined)
      report({
        at: ['caCertificates'],
        code: 'OR1645',
        message: 'only one of credentialName and caCertificates may be given',
      });
    if (tls.mode === 'SIMPLE' && tls.insecureSkipVerify === true) checkUnverified(tls, report);
    if (tls.mode === 'ISTIO_MUTUAL') warnOfOwn(tls, report);
  },
});

function checkMutual(tls: ClientTls, report: Report): void {
  for (const name of files) {
    if (tls.credentialName !== undefined && tls[name] !== undefined)
      report({ at: [name], code: 'OR1645', message: `only one of credentialName and ${name} may be given` });
    if (tls.credentialName === undefined && tls[name] === undefined && name !== 'caCertificates')
      report({
        at: [name],
        code: 'OR1642',
        message: `${name} or credentialName must be given where the mode is MUTUAL`,
      });
  }
}

function checkUnverified(tls: ClientTls, report: Report): void {
  for (const name of ['caCertificates', 'credentialName', 'subjectAltNames'] as const) {
    if ((tls[name] ?? '').length > 0)
      report({ at: [name], code: 'OR1645', message: `${name} may not be given with insecureSkipVerify: true` });
  }
}

function warnOfOwn(tls: ClientTls, report: Report): void {
  for (const name of [...files, 'credentialName'] as const) {
    if (tls[name] !== undefined)
      report({
        at: [name],
        severity: 'warning',
        code: 'OR1653',
        message: 'it has no effect: ISTIO_MUTUAL uses the certificates of the mesh',
      });
  }
}
