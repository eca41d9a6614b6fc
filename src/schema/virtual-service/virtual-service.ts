import type { Static } from 'typebox';
import { message, texts } from '../build.ts';
import { isAddress } from '../common/address.ts';
import { exportTo } from '../common/export-to.ts';
import { gatewayNames } from '../common/gateway-names.ts';
import { checkWildcardHost } from '../common/host-name.ts';
import type { Check, Report } from '../problem.ts';
import { HttpRoutes } from './http-route.ts';
import { TcpRoutes, TlsRoutes } from './l4-routes.ts';

const checkHost: Check<string> = (value, report) => {
  if (!isAddress(value)) checkWildcardHost(value, report);
};

const fields = {
  hosts: texts(
    'Hosts that the rules are for; short names are of the same namespace. None makes it a delegate.',
    checkHost,
  ),
  gateways: gatewayNames('Where the rules hold: Gateways, or mesh for sidecars (the default).'),
  http: HttpRoutes,
  tls: TlsRoutes,
  tcp: TcpRoutes,
  exportTo,
};

const Form = message(fields, { description: 'Form' });
export type VirtualServiceSpec = Static<typeof Form>;

const checkSpec: Check<VirtualServiceSpec> = (spec, report) => {
  const hosts = spec.hosts ?? [];
  if (hosts.length === 0) checkDelegate(spec, report);
  else checkHosts(hosts, spec, report);
  const rules = [spec.http, spec.tls, spec.tcp].flatMap((list) => list ?? []);
  if (rules.length === 0)
    report({
      severity: 'warning',
      code: 'OR1654',
      message: 'it has no rule and changes nothing: give http, tls or tcp',
    });
  checkServerNames(spec, report);
};

function checkHosts(hosts: readonly string[], spec: VirtualServiceSpec, report: Report): void {
  const gateways = spec.gateways ?? [];
  const mesh = gateways.length === 0 || gateways.includes('mesh');
  for (const [index, host] of hosts.entries()) {
    if (hosts.indexOf(host) < index)
      report({ at: ['hosts', index], code: 'OR1652', message: `${host} is listed twice` });
    if (host === '*' && mesh)
      report({
        at: ['hosts', index],
        code: 'OR1649',
        message: '* is allowed only where gateways are given without mesh',
      });
  }
}

/** A VirtualService without hosts is only used by another that names it. */
function checkDelegate(spec: VirtualServiceSpec, report: Report): void {
  const idle = (['gateways', 'tls', 'tcp'] as const).filter((name) => (spec[name] ?? []).length > 0);
  if (idle.length > 0 || (spec.http ?? []).length === 0) {
    report({
      at: ['hosts'],
      code: 'OR1642',
      message: 'a host must be given (only a delegate with http rules has none)',
    });
    return;
  }
  for (const [index, rule] of (spec.http ?? []).entries()) {
    if (rule.delegate !== undefined)
      report({
        at: ['http', index, 'delegate'],
        code: 'OR1655',
        message: 'a delegate (it has no hosts) may not delegate further',
      });
  }
}

/** What a rule asks for must be among the hosts, else it could never be used. */
function checkServerNames(spec: VirtualServiceSpec, report: Report): void {
  const hosts = spec.hosts ?? [];
  for (const [index, rule] of (spec.tls ?? []).entries()) {
    for (const [place, match] of rule.match.entries()) {
      for (const [position, name] of match.sniHosts.entries()) {
        if (!hosts.some((host) => covers(host, name)))
          report({
            at: ['tls', index, 'match', place, 'sniHosts', position],
            code: 'OR1655',
            message: `${name} must be one of the hosts, or under one of them`,
          });
      }
    }
  }
}

function covers(host: string, name: string): boolean {
  if (host === name || host === '*') return true;
  return host.startsWith('*') && name.length > host.length - 1 && name.endsWith(host.slice(1));
}

export const VirtualServiceSpec = message(fields, {
  description: 'How requests to hosts are routed.',
  check: checkSpec,
});
