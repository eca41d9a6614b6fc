import type { Static } from 'typebox';
import { isServerName } from '../../model/server-name.ts';
import { choice, listOf, message, port, text, texts } from '../build.ts';
import { checkAddressOrCidr, isCidr } from '../common/address.ts';
import { exportToOrNone } from '../common/export-to.ts';
import { reportTwice } from '../common/findings.ts';
import { checkDnsLabel, checkWildcardHost, noServerName } from '../common/host-name.ts';
import { isHttp, isTls, protocol } from '../common/protocol.ts';
import { LabelsSelector, WorkloadEntries } from '../common/workload-entry.ts';
import type { Check, Report } from '../problem.ts';
import { checkResolution } from './resolution.ts';

const Port = message(
  { protocol: protocol('HTTP, HTTPS, HTTP2, GRPC, TLS, TCP, …'), targetPort: port('The port of the endpoints.') },
  {
    description: 'A port.',
    needs: { number: port('The port that clients use.'), name: text('A name, used once.', checkDnsLabel) },
  },
);

const Ports = listOf(Port, 'Its ports.', (ports, report) => {
  reportTwice(
    ports.map((item) => item.name),
    { at: (index) => [index, 'name'], what: 'port name', report },
  );
  reportTwice(
    ports.map((item) => String(item.number)),
    { at: (index) => [index, 'number'], what: 'port', report },
  );
});

const checkHost: Check<string> = (value, report) => {
  if (value === '*')
    report({ code: 'OR1649', message: '* alone would take every host: name them, like *.example.com' });
  else checkWildcardHost(value, report);
};

const fields = {
  addresses: texts('Virtual addresses.', checkAddressOrCidr),
  ports: Ports,
  location: choice(['MESH_EXTERNAL', 'MESH_INTERNAL'], 'Whether it is part of the mesh; MESH_EXTERNAL is the default.'),
  resolution: choice(
    ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'],
    'How addresses of endpoints are found; NONE, the default, is where the client connects to.',
  ),
  endpoints: WorkloadEntries,
  workloadSelector: LabelsSelector,
  exportTo: exportToOrNone,
  subjectAltNames: texts('Names of which the certificate of the service must have one.'),
};
const needs = { hosts: texts('Its hosts.', checkHost) };

const Form = message(fields, { description: 'Form', needs });
export type ServiceEntrySpec = Static<typeof Form>;

const checkSpec: Check<ServiceEntrySpec> = (spec, report) => {
  const { hosts, endpoints = [], ports = [] } = spec;
  if (hosts.length === 0) report({ at: ['hosts'], code: 'OR1642', message: 'one host must be given' });
  reportTwice(hosts, { at: (index) => ['hosts', index], what: 'host', report });
  if (endpoints.length > 0 && spec.workloadSelector !== undefined)
    report({ code: 'OR1645', message: 'only one of workloadSelector and endpoints may be given' });
  if (ports.length === 0)
    report({ at: ['ports'], severity: 'warning', code: 'OR1654', message: 'without a port nothing can be sent to it' });
  checkEndpointPorts(spec, report);
  checkServerNames(spec, report);
  checkAddressing(spec, report);
  checkResolution(spec, report);
};

function checkEndpointPorts({ endpoints = [], ports = [] }: ServiceEntrySpec, report: Report): void {
  const names = new Set(ports.map((item) => item.name));
  for (const [index, endpoint] of endpoints.entries()) {
    for (const name of Object.keys(endpoint.ports ?? {})) {
      const at = ['endpoints', index, 'ports', name];
      if (!names.has(name)) report({ at, code: 'OR1655', message: `${name} must be the name of one of the ports` });
    }
  }
}

function checkServerNames({ hosts, ports = [] }: ServiceEntrySpec, report: Report): void {
  const named = ports.filter(({ protocol: name = '' }) => isTls(name)).map(({ number }) => number);
  if (named.length === 0) return;
  for (const [index, host] of hosts.entries()) {
    if (!isServerName(host)) report({ at: ['hosts', index], ...noServerName(host, `port ${named.join(', ')}`) });
  }
}

/** Without a name in the request, only the address tells one host from another. */
function checkAddressing(spec: ServiceEntrySpec, report: Report): void {
  const { hosts, ports = [], addresses = [], resolution = 'NONE' } = spec;
  if (addresses.some(isCidr) && resolution.includes('DNS'))
    report({ at: ['addresses'], code: 'OR1655', message: 'address blocks need the resolution NONE or STATIC' });
  const plain = ports.findIndex(({ protocol: name = '' }) => !isHttp(name) && !isTls(name));
  if (hosts.length > 1 && plain >= 0 && resolution !== 'NONE')
    report({
      at: ['ports', plain],
      code: 'OR1655',
      message: 'with several hosts it must be HTTP or TLS, which name the host',
    });
}

export const ServiceEntrySpec = message(fields, {
  description: 'A service that Kubernetes does not know.',
  needs,
  check: checkSpec,
});
