import type { Static } from 'typebox';
import { message, texts } from '../build.ts';
import { isAddress } from '../common/address.ts';
import { exportTo } from '../common/export-to.ts';
import { reportTwice } from '../common/findings.ts';
import { gatewayNames } from '../common/gateway-names.ts';
import { buildHostCover } from '../common/host-cover.ts';
import { checkServerName } from '../common/host-name.ts';
import type { Check, Report } from '../problem.ts';
import { checkClaims, checkDelegation } from './conditions.ts';
import { HttpRoutes } from './http-route.ts';
import { TcpRoutes, TlsRoutes } from './l4-routes.ts';

const checkHost: Check<string> = (value, report) => {
  if (!isAddress(value)) checkServerName(value, report);
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
  checkDelegation(spec.http ?? [], hosts.length === 0 ? 'delegate' : 'root', report);
  checkServerNames(spec, report);
};

function checkHosts(hosts: readonly string[], spec: VirtualServiceSpec, report: Report): void {
  const gateways = spec.gateways ?? [];
  const mesh = gateways.length === 0 || gateways.includes('mesh');
  reportTwice(hosts, { at: (index) => ['hosts', index], what: 'host', report });
  const cover = buildHostCover(hosts);
  for (const [index, host] of hosts.entries()) {
    const at = ['hosts', index];
    const other = cover.findOther(host);
    if (host === '*' && mesh)
      report({ at, code: 'OR1649', message: '* is allowed only where gateways are given without mesh' });
    if (other !== undefined) report({ at, code: 'OR1652', message: `${host} is one of ${other}, which is there, too` });
  }
  if (mesh) checkClaims(spec.http ?? [], report);
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
  const cover = buildHostCover(spec.hosts ?? []);
  for (const [index, rule] of (spec.tls ?? []).entries()) {
    for (const [place, match] of rule.match.entries()) {
      for (const [position, name] of match.sniHosts.entries()) {
        if (!isAddress(name) && cover.find(name) === undefined)
          report({
            at: ['tls', index, 'match', place, 'sniHosts', position],
            code: 'OR1655',
            message: `${name} must be one of the hosts, or under one of them`,
          });
      }
    }
  }
}

export const VirtualServiceSpec = message(fields, {
  description: 'How requests to hosts are routed.',
  check: checkSpec,
});
