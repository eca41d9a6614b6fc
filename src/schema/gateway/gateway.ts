import type { Static } from 'typebox';
import { listOf, message, port, text, whole } from '../build.ts';
import { checkBind, isSocketPath } from '../common/endpoint-address.ts';
import { reportTwice, warnOf } from '../common/findings.ts';
import { labels } from '../common/label.ts';
import { isHttp, isTls, protocol } from '../common/protocol.ts';
import { gatewayHosts } from '../common/scoped-host.ts';
import { ServerTls } from '../common/server-tls.ts';
import type { Check, Report } from '../problem.ts';

const Port = message(
  { targetPort: port('Has no effect.') },
  {
    description: 'Where the gateway listens.',
    needs: {
      number: whole('The port of the gateway Service; 0 with a socket.', { maximum: 65_535 }),
      protocol: protocol('HTTP, HTTPS, HTTP2, GRPC, TLS, TCP, …'),
      name: text('A name, used once in the resource.'),
    },
    check: (value, report) =>
      warnOf(value, { targetPort: 'targetPort has no effect, in Istio either: the gateway Service has it' }, report),
  },
);

const fields = {
  name: text('A name for statistics.'),
  bind: text('Address to listen on.', checkBind),
  tls: ServerTls,
  defaultEndpoint: text('Has no effect.'),
};
const needs = { port: Port, hosts: gatewayHosts('Hosts that are served, as host or namespace/host.') };

const Form = message(fields, { description: 'Form', needs });
type Server = Static<typeof Form>;

const checkServer: Check<Server> = (server, report) => {
  warnOf(server, { defaultEndpoint: 'defaultEndpoint has no effect, in Istio either' }, report);
  if (server.hosts.length === 0) report({ at: ['hosts'], code: 'OR1642', message: 'one host must be given' });
  const socket = isSocketPath(server.bind ?? '');
  if ((server.port.number === 0) !== socket)
    report({
      at: ['port', 'number'],
      code: 'OR1646',
      message: socket ? 'it must be 0 for a socket' : '0 must be at least 1',
    });
  checkTls(server, report);
};

function checkTls({ port, tls }: Server, report: Report): void {
  if (isTls(port.protocol)) {
    if (tls === undefined)
      report({ at: ['tls'], code: 'OR1642', message: `tls must be given where the protocol is ${port.protocol}` });
    return;
  }
  if (tls === undefined) return;
  if (!isHttp(port.protocol))
    report({ at: ['tls'], code: 'OR1655', message: `tls needs the protocol HTTPS or TLS, not ${port.protocol}` });
  else checkPlain(tls, { protocol: port.protocol, report });
}

/** An HTTP port can only redirect; Istio takes what has no effect there. */
function checkPlain(tls: ServerTls, place: { readonly protocol: string; readonly report: Report }): void {
  for (const name of Object.keys(tls)) {
    const passes = name === 'mode' && (tls.mode === 'PASSTHROUGH' || tls.mode === 'AUTO_PASSTHROUGH');
    if (name === 'httpsRedirect' || passes) continue;
    const refused = ['mode', 'serverCertificate', 'privateKey', 'caCertificates'].includes(name);
    const message = `${name} needs the protocol HTTPS or TLS, not ${place.protocol}`;
    place.report({ at: ['tls', name], severity: refused ? 'error' : 'warning', code: 'OR1655', message });
  }
}

const Server = message(fields, { description: 'A port and the hosts there.', needs, check: checkServer });

export const GatewaySpec = message(
  { selector: labels('Labels of the gateway pods; none given means all pods.') },
  {
    description: 'What gateways take from outside.',
    needs: {
      servers: listOf(Server, 'Ports and hosts.', (servers, report) => {
        if (servers.length === 0) report({ code: 'OR1642', message: 'one server must be given' });
        const names = servers.map((server) => server.port.name);
        reportTwice(names, { at: (index) => [index, 'port', 'name'], what: 'port name', report });
      }),
    },
  },
);
