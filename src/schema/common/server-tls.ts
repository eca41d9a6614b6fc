import type { Static } from 'typebox';
import { isCipherSuite, isCurve } from '../../model/tls-names.ts';
import { choice, flag, listOf, message, text, texts } from '../build.ts';
import { type Check, printValue, type Report } from '../problem.ts';
import { warnOf } from './findings.ts';

const versions = ['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3'] as const;
const modes = ['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'] as const;

const certificate = {
  serverCertificate: text('File of the certificate.'),
  privateKey: text('File of its key.'),
  caCertificates: text('File of the authorities of clients.'),
};

const checkHash: Check<string> = (value, report) => {
  if (!/^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){31}|[0-9A-Za-z+/]{43}=)$/.test(value))
    report({ code: 'OR1657', message: `${printValue(value)} must be a SHA-256`, istioTakesIt: true });
};

/** As Istio: what is not known is left out, and said. */
const checkOneOf = (what: string, isKnown: (name: string) => boolean): Check<string> => {
  return (value, report) => {
    if (isKnown(value)) return;
    const message = `${printValue(value)} is not ${what} that Envoy knows, and is left out`;
    report({ severity: 'warning', code: 'OR1653', message });
  };
};

const fields = {
  httpsRedirect: flag('Answer HTTP with a redirect to HTTPS.'),
  mode: choice(modes, 'Who ends TLS, and whether clients need a certificate; PASSTHROUGH is the default.'),
  ...certificate,
  caCrl: text('File of revoked certificates.'),
  credentialName: text('Secret that holds certificate and key.'),
  credentialNames: texts('Secrets of several certificates.'),
  caCertCredentialName: text('Secret that holds the authorities of clients.'),
  tlsCertificates: listOf(message(certificate, { description: 'Files of a certificate.' }), 'Several certificates.'),
  subjectAltNames: texts('Names of which a client must have one.'),
  verifyCertificateSpki: texts('Hashes of keys that clients may have.', checkHash),
  verifyCertificateHash: texts('Hashes of certificates that clients may have.', checkHash),
  minProtocolVersion: choice(versions, 'Oldest version of TLS.'),
  maxProtocolVersion: choice(versions, 'Newest version of TLS.'),
  cipherSuites: texts('Cipher suites, by the names of BoringSSL.', checkOneOf('a cipher suite', isCipherSuite)),
  ecdhCurves: texts('Curves of the key exchange.', checkOneOf('a curve', isCurve)),
  insecureSkipVerify: flag('Take any certificate of clients, where they are asked for one.'),
};

const Form = message(fields, { description: 'Form' });
export type ServerTls = Static<typeof Form>;

export const ServerTls = message(fields, {
  description: 'TLS of connections from clients.',
  check: (tls, report) => {
    checkVersions(tls, report);
    const { mode = 'PASSTHROUGH' } = tls;
    if (mode === 'SIMPLE' || mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL') checkOwn(tls, report);
    if (mode === 'ISTIO_MUTUAL') checkNone(tls, report);
    if (mode === 'SIMPLE' && tls.caCrl !== undefined)
      report({ at: ['caCrl'], code: 'OR1655', message: 'it needs a mode in which clients have certificates' });
    if (mode.endsWith('PASSTHROUGH')) warnOfUnused(tls, report);
    if (tls.insecureSkipVerify === true) warnOfAnyone(mode, report);
  },
});

const version = (name: (typeof versions)[number] | undefined) => versions.indexOf(name ?? 'TLS_AUTO');

function checkVersions(tls: ServerTls, report: Report): void {
  const newest = version(tls.maxProtocolVersion);
  if (newest > 0 && version(tls.minProtocolVersion) > newest)
    report({ at: ['minProtocolVersion'], code: 'OR1655', message: 'it must not be newer than maxProtocolVersion' });
}

const sources = ['credentialName', 'credentialNames', 'tlsCertificates'] as const;

/** The certificate is in one Secret, in several, or in files; mutual TLS needs an authority, too. */
function checkOwn(tls: ServerTls, report: Report): void {
  const secrets = sources.filter((name) => tls[name] !== undefined && tls[name].length > 0);
  if (secrets.length > 1)
    report({ code: 'OR1645', message: `only one of ${sources.join(', ')} may be given, not ${secrets.join(' and ')}` });
  for (const [index, pair] of (tls.tlsCertificates ?? []).entries()) checkPair(pair, index, report);
  if (secrets.length > 0) return;
  const mutual = tls.mode !== 'SIMPLE' && tls.caCertCredentialName === undefined;
  for (const name of ['serverCertificate', 'privateKey', ...(mutual ? (['caCertificates'] as const) : [])] as const) {
    if (tls[name] === undefined)
      report({
        at: [name],
        code: 'OR1642',
        message: `credentialName, tlsCertificates or ${name} must be given where the mode is ${tls.mode}`,
      });
  }
}

type Pair = NonNullable<ServerTls['tlsCertificates']>[number];

function checkPair(pair: Pair, index: number, report: Report): void {
  for (const name of ['serverCertificate', 'privateKey'] as const) {
    const at = ['tlsCertificates', index, name];
    if ((pair[name] ?? '') === '') report({ at, code: 'OR1642', message: `the field ${name} must be given` });
  }
}

function checkNone(tls: ServerTls, report: Report): void {
  for (const name of ['serverCertificate', 'privateKey', 'caCertificates', 'credentialName'] as const) {
    if (tls[name] !== undefined)
      report({
        at: [name],
        code: 'OR1645',
        message: 'it may not be given: ISTIO_MUTUAL uses the certificates of the mesh',
      });
  }
}

/** What a policy says of the name in a certificate is said of whatever the client wrote into it. */
function warnOfAnyone(mode: NonNullable<ServerTls['mode']>, report: Report): void {
  const inForce = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  const message = inForce
    ? 'anyone may come, with a certificate of any name: rules about the principals of clients protect nothing here'
    : `it has no effect where the mode is ${mode}`;
  report({ at: ['insecureSkipVerify'], severity: 'warning', code: inForce ? 'OR1659' : 'OR1653', message });
}

function warnOfUnused(tls: ServerTls, report: Report): void {
  const notes = ['serverCertificate', 'privateKey', 'caCertificates', 'caCrl', 'credentialName'].map(
    (name) => [name, `it has no effect where the mode is ${tls.mode ?? 'PASSTHROUGH'}: TLS is not ended here`] as const,
  );
  warnOf(tls, Object.fromEntries(notes), report);
}
