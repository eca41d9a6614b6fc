import type { Static } from 'typebox';
import { choice, listOf, message, port, text } from '../build.ts';
import { ConnectionPool } from '../common/connection-pool.ts';
import { Destination } from '../common/destination.ts';
import { checkBind, isSocketPath, splitHostPort } from '../common/endpoint-address.ts';
import { reportTwice, warnOf } from '../common/findings.ts';
import { isTls, protocol } from '../common/protocol.ts';
import { importedHosts } from '../common/scoped-host.ts';
import { ServerTls } from '../common/server-tls.ts';
import { LabelsSelector } from '../common/workload-entry.ts';
import { type Check, printValue, type Report } from '../problem.ts';

const Port = message(
  {
    number: port('The port.'),
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
  if (isSocketPath(value) || (host !== undefined && ['127.0.0.1', '0.0.0.0', '::1', '::'].includes(host))) return;
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
      if (ingress.port.number === undefined)
        report({ at: ['port', 'number'], code: 'OR1642', message: 'the field number must be given' });
      if (ingress.tls !== undefined && !isTls(ingress.port.protocol ?? ''))
        report({ at: ['tls'], code: 'OR1655', message: 'tls needs the protocol HTTPS or TLS' });
    },
  },
);

const Egress = message(
  { port: Port, bind: text('Address to listen on.', checkBind), captureMode },
  {
    description: 'Hosts that pods send requests to.',
    needs: { hosts: importedHosts('Hosts as namespace/host; the namespace may be *, . (its own) or ~ (none).') },
    check: (egress, report) => {
      if (egress.hosts.length === 0) report({ at: ['hosts'], code: 'OR1642', message: 'one host must be given' });
      if (
        egress.bind !== undefined &&
        isSocketPath(egress.bind) &&
        egress.captureMode !== undefined &&
        egress.captureMode !== 'DEFAULT' &&
        egress.captureMode !== 'NONE'
      )
        report({ at: ['captureMode'], code: 'OR1655', message: 'a socket cannot be captured by iptables' });
    },
  },
);

const OutboundTrafficPolicy = message(
  { mode: choice(['REGISTRY_ONLY', 'ALLOW_ANY'], 'Whether unknown hosts may be reached.'), egressProxy: Destination },
  { description: 'What becomes of requests to unknown hosts.' },
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
    egress.map((item) => (item.port?.number === undefined ? undefined : `${item.bind ?? ''}:${item.port.number}`)),
    { at: (index) => ['egress', index, 'port'], what: 'port', report },
  );
}

export const SidecarSpec = message(fields, {
  description: 'What the proxies of pods hold.',
  check: (spec, report) => {
    checkEgress(spec.egress ?? [], report);
    reportTwice(
      (spec.ingress ?? []).map((item) => String(item.port.number)),
      { at: (index) => ['ingress', index, 'port', 'number'], what: 'port', report },
    );
  },
});
