import { isAddress } from '../common/address.ts';
import { isSocketPath } from '../common/endpoint-address.ts';
import type { Report } from '../problem.ts';

/** What of a ServiceEntry hangs together with its resolution. */
interface Resolved {
  readonly hosts: readonly string[];
  readonly resolution?: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS';
  readonly location?: 'MESH_EXTERNAL' | 'MESH_INTERNAL';
  readonly endpoints?: readonly { readonly address?: string }[];
  readonly workloadSelector?: object;
}

/**
 *                    hosts              endpoints
 *  NONE              any                none
 *  STATIC            any                some, or a selector; addresses
 *  DNS               no star, or ends   names or addresses; none means the host itself
 *  DNS_ROUND_ROBIN   as DNS             at most one
 *  DYNAMIC_DNS       all with a star    none; outside the mesh
 */
export function checkResolution(spec: Resolved, report: Report): void {
  const { resolution = 'NONE' } = spec;
  if (spec.workloadSelector !== undefined && resolution !== 'STATIC') {
    const message = `it is meant for the resolution STATIC, not ${resolution}`;
    report({ at: ['workloadSelector'], severity: 'warning', code: 'OR1655', message });
  }
  checks[spec.resolution ?? 'NONE'](spec, report);
}

const checks = {
  NONE: refuseEndpoints,
  STATIC: checkStatic,
  DNS: checkDns,
  DNS_ROUND_ROBIN: checkDns,
  DYNAMIC_DNS: checkDynamic,
} as const;

function refuseEndpoints({ endpoints = [], resolution = 'NONE' }: Resolved, report: Report): void {
  if (endpoints.length > 0)
    report({
      at: ['endpoints'],
      code: 'OR1655',
      message: `endpoints may not be given where the resolution is ${resolution}`,
    });
}

function checkStatic({ endpoints = [], workloadSelector }: Resolved, report: Report): void {
  if (endpoints.length === 0 && workloadSelector === undefined)
    report({
      ...{ at: ['endpoints'], severity: 'warning', code: 'OR1654' },
      message: 'it has no endpoint: give endpoints or workloadSelector',
    });
  for (const [index, { address }] of endpoints.entries()) {
    if (address !== undefined && !isAddress(address) && !isSocketPath(address))
      report({
        at: ['endpoints', index, 'address'],
        code: 'OR1655',
        message: `${address} must be an IP address where the resolution is STATIC`,
      });
  }
}

function checkDns(spec: Resolved, report: Report): void {
  const { endpoints = [], hosts, resolution } = spec;
  if (endpoints.length > 1 && resolution === 'DNS_ROUND_ROBIN')
    report({
      at: ['endpoints'],
      code: 'OR1655',
      message: 'at most one endpoint may be given where the resolution is DNS_ROUND_ROBIN',
    });
  for (const [index, { address }] of endpoints.entries()) {
    if (address !== undefined && isSocketPath(address))
      report({ at: ['endpoints', index, 'address'], code: 'OR1655', message: 'a socket needs the resolution STATIC' });
  }
  if (endpoints.length > 0 || spec.workloadSelector !== undefined) return;
  for (const [index, host] of hosts.entries()) {
    if (host.includes('*'))
      report({
        at: ['hosts', index],
        code: 'OR1655',
        message: `${host} cannot be resolved: give endpoints, or the resolution NONE`,
      });
  }
}

function checkDynamic(spec: Resolved, report: Report): void {
  refuseEndpoints(spec, report);
  for (const [index, host] of spec.hosts.entries()) {
    if (!host.startsWith('*'))
      report({
        at: ['hosts', index],
        code: 'OR1655',
        message: `${host} must begin with a star where the resolution is DYNAMIC_DNS`,
      });
  }
  if (spec.location === 'MESH_INTERNAL')
    report({
      at: ['location'],
      code: 'OR1655',
      message: 'it must be MESH_EXTERNAL where the resolution is DYNAMIC_DNS',
    });
}
