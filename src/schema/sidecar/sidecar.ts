import type { Static } from 'typebox';
import { choice, listOf, message, port, text, whole } from '../build.ts';
import { ConnectionPool } from '../common/connection-pool.ts';
import { Destination } from '../common/destination.ts';
import { checkBind, isSocketPath, splitHostPort } from '../common/endpoint-address.ts';
import { reportTwice, warnOf } from '../common/findings.ts';
import { protocol } from '../common/protocol.ts';
import { importedHosts } from '../common/scoped-host.ts';
import { ServerTls } from '../common/server-tls.ts';
import { LabelsSelector } from '../common/workload-entry.ts';
import { type Check, printValue, type Report } from '../problem.ts';

const Port = message(
  {
    number: whole('The port; 0 with a socket.', { maximum: 65_535 }),
    protocol: protocol('HTTP, HTTPS, HTTP2, GRPC, TLS, TCP, …'),
    name: text('A name.'),
    targetPort: port('Has no effect.'),
  },
  {
    description: 'A port.',
    check: (value, report) => warnOf(value, { targetPort: 'targetPort has no effect, in Istio either' }, report),
  },
);

const captureMode = choice(['DEFAULT', 'IPTABLES', 'NONE'], 'Whether traffic comes by iptables or is sent here.');

/** The app itself, at loopback or at the address of the pod. */
const checkDefaultEndpoint: Check<string> = (value, report) => {
  const host = splitHostPort(value)?.host;
  if (isSocketPath(value) || (host !== undefined && ['', '127.0.0.1', '0.0.0.0', '::1', '::'].includes(host))) return;
  report({
    code: 'OR1650',
    message: `${printValue(value)} must be 127.0.0.1:port, 0.0.0.0:port, [::1]:port, [::]:port or unix:///path`,
  });
};

const Ingress = message(
  {
    bind: text('Address to listen on.', checkBind),
    captureMode,
    defaultEndpoint: text('Where requests go in the pod: address:port or unix:///path.', checkDefaultEndpoint),
    tls: ServerTls,
    connectionPool: ConnectionPool,
  },
  {
    description: 'A port of the pod that takes requests.',
    needs: { port: Port },
    check: (ingress, report) => {
      if ((ingress.port.number ?? 0) === 0)
        report({ at: ['port', 'number'], code: 'OR1642', message: 'the field number must be given' });
      if (isSocketPath(ingress.bind ?? ''))
        report({ at: ['bind'], code: 'OR1650', message: 'it must be an IP address' });
      if (ingress.captureMode === 'NONE') warnOfPrivileged(ingress.port.number ?? 0, report);
      if (ingress.tls !== undefined) checkIngressTls(ingress.tls, report);
    },
  },
);

/** Sidecars are not root. */
function warnOfPrivileged(port: number, report: Report): void {
  if (port >= 1024) return;
  const message =
    'below 1024 the proxy can listen only where the node lets everybody; iptables brings the connections to any port';
  report({ at: ['port', 'number'], severity: 'warning', code: 'OR1655', message });
}

/** A sidecar has its certificates from files. */
function checkIngressTls(tls: ServerTls, report: Report): void {
  const secrets = ['credentialName', 'credentialNames', 'caCertCredentialName'] as const;
  for (const name of ['subjectAltNames', 'httpsRedirect', ...secrets] as const) {
    if (tls[name] !== undefined && tls[name] !== false)
      report({ at: ['tls', name], code: 'OR1655', message: `${name} cannot be used in a Sidecar` });
  }
  if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH')
    report({ at: ['tls', 'mode'], code: 'OR1655', message: `${tls.mode} cannot be used in a Sidecar` });
}

const Egress = message(
  { port: Port, bind: text('Address to listen on.', checkBind), captureMode },
  {
    description: 'Hosts that pods send requests to.',
    needs: { hosts: importedHosts('Hosts as namespace/host; the namespace may be *, . (its own) or ~ (none).') },
    check: (egress, report) => {
      if (egress.hosts.length === 0) report({ at: ['hosts'], code: 'OR1642', message: 'one host must be given' });
      const socket = isSocketPath(egress.bind ?? '');
      const number = egress.port?.number ?? 0;
      if (egress.port !== undefined && (number === 0) !== socket)
        report({
          at: ['port', 'number'],
          code: 'OR1646',
          message: socket ? 'it must be 0 for a socket' : 'it must be at least 1',
        });
      if (egress.captureMode === 'NONE' && !socket) warnOfPrivileged(number || 1024, report);
      if (socket && egress.captureMode === 'IPTABLES')
        report({ at: ['captureMode'], code: 'OR1655', message: 'a socket cannot be captured by iptables' });
    },
  },
);

const OutboundTrafficPolicy = message(
  { mode: choice(['REGISTRY_ONLY', 'ALLOW_ANY'], 'Whether unknown hosts may be reached.'), egressProxy: Destination },
  {
    description: 'What becomes of requests to unknown hosts.',
    check: ({ mode, egressProxy }, report) => {
      if (egressProxy === undefined) return;
      if (mode !== 'ALLOW_ANY')
        report({ at: ['mode'], code: 'OR1655', message: 'egressProxy needs the mode ALLOW_ANY' });
      if (egressProxy.port === undefined)
        report({ at: ['egressProxy', 'port'], code: 'OR1642', message: 'the field port must be given' });
    },
  },
);

const fields = {
  workloadSelector: LabelsSelector,
  ingress: listOf(Ingress, 'Ports that take requests, in place of those that Services name.'),
  egress: listOf(Egress, 'Hosts that are reached.'),
  inboundConnectionPool: ConnectionPool,
  outboundTrafficPolicy: OutboundTrafficPolicy,
};
const Form = message(fields, { description: 'Form' });
type Spec = Static<typeof Form>;

function checkEgress(egress: NonNullable<Spec['egress']>, report: Report): void {
  const catchAll = egress.flatMap((item, index) => (item.port === undefined ? [index] : []));
  const [first, second] = catchAll;
  if (second !== undefined)
    report({
      at: ['egress', second],
      code: 'OR1652',
      message: `only one egress may be without a port, as egress ${first} is`,
    });
  else if (first !== undefined && first < egress.length - 1)
    report({ at: ['egress', first], code: 'OR1655', message: 'the egress without a port must be the last' });
  reportTwice(
    egress.map((item) => (item.port?.number ? String(item.port.number) : undefined)),
    { at: (index) => ['egress', index, 'port'], what: 'port', report },
  );
}

export const SidecarSpec = message(fields, {
  description: 'What the proxies of pods hold.',
  check: (spec, report) => {
    const { workloadSelector, ...rest } = spec;
    if (Object.keys(rest).length === 0)
      report({
        code: 'OR1642',
        message: 'it says nothing: give egress, ingress, outboundTrafficPolicy or inboundConnectionPool',
      });
    checkEgress(spec.egress ?? [], report);
    reportTwice(
      (spec.ingress ?? []).map((item) => String(item.port.number)),
      { at: (index) => ['ingress', index, 'port', 'number'], what: 'port', report },
    );
  },
});
