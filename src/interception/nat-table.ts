import { dnsPort } from '../model/mesh-dns.ts';
import { type Cidr, parseCidr } from './cidr.ts';
import { type Family, port, type Rule, type Table } from './rule.ts';
import type { CaptureSettings } from './settings.ts';

/** HBONE: traffic to it is never captured, for whoever listens there. */
const tunnelPort = 15008;

const inbound = 'ISTIO_INBOUND';
const outbound = 'ISTIO_OUTPUT';
const toOutboundProxy = 'ISTIO_REDIRECT';
const toInboundProxy = 'ISTIO_IN_REDIRECT';

/**
 * The `nat` table: everything outbound, and inbound unless TPROXY takes it. Semantics and order are those of
 * Istio's tools/istio-iptables (reference/injection.md §5); rules that belong first in a chain are marked so.
 */
export function buildNat(settings: CaptureSettings, family: Family): Table {
  return {
    name: 'nat',
    rules: [
      ...reroute(settings, family),
      ...skipInterfaces(settings),
      { chain: inbound, protocol: 'tcp', matches: [port(tunnelPort)], target: 'RETURN' },
      { chain: toOutboundProxy, protocol: 'tcp', target: `REDIRECT --to-ports ${settings.outboundPort}` },
      { chain: toInboundProxy, protocol: 'tcp', target: `REDIRECT --to-ports ${settings.inboundPort}` },
      ...(settings.mode === 'TPROXY' ? [] : captureInbound(settings)),
      { chain: 'OUTPUT', target: outbound },
      ...skipPorts(settings.excludeOutboundPorts),
      { chain: outbound, source: family.passthroughSource, outInterface: 'lo', target: 'RETURN' },
      ...settings.proxyUids.flatMap((uid) => proxyOwned(`--uid-owner ${uid}`, settings, family)),
      ...settings.proxyGids.flatMap((gid) => proxyOwned(`--gid-owner ${gid}`, settings, family)),
      ...(settings.dns ? captureDns : []),
      { chain: outbound, destination: family.loopback, target: 'RETURN' },
      ...toBlocks(settings.excludeOutboundCidrs, family, 'RETURN'),
      ...settings.includeOutboundPorts.map(
        (number): Rule => ({ chain: outbound, protocol: 'tcp', matches: [port(number)], target: toOutboundProxy }),
      ),
      ...(settings.includeOutboundCidrs === '*'
        ? [{ chain: outbound, target: toOutboundProxy }]
        : toBlocks(settings.includeOutboundCidrs, family, toOutboundProxy)),
    ],
  };
}

/** After the proxy's own, which asks the resolvers that it was given. A resolver in the pod, on loopback, is the app's. */
const captureDns: readonly Rule[] = (['tcp', 'udp'] as const).map((protocol) => ({
  chain: outbound,
  protocol,
  matches: [port(53, protocol)],
  target: `REDIRECT --to-ports ${dnsPort}`,
}));

/** The blocks of one family. */
export function blocksOf(texts: readonly string[], family: Family): Cidr[] {
  return texts.map(parseCidr).filter((cidr): cidr is Cidr => cidr?.family === family.version);
}

export function skipInterfaces(settings: CaptureSettings): Rule[] {
  return settings.excludeInterfaces.flatMap((name): Rule[] => [
    { chain: 'PREROUTING', inInterface: name, target: 'RETURN' },
    { chain: 'OUTPUT', outInterface: name, target: 'RETURN' },
  ]);
}

/**
 * Virtual machines behind interfaces of the pod: what comes from them counts as outbound. Istio inserts each rule
 * at position 1, the RETURNs first, so the chain holds them in the reverse order.
 */
function reroute(settings: CaptureSettings, family: Family): Rule[] {
  const names = settings.rerouteInterfaces;
  const included = settings.includeOutboundCidrs;
  const inserted: Rule[] = names.map((name) => ({ chain: 'PREROUTING', inInterface: name, target: 'RETURN' }));
  const targets = included === '*' ? [{}] : blocksOf(included, family).map(destination);
  for (const block of targets) {
    for (const name of names)
      inserted.push({ chain: 'PREROUTING', ...block, inInterface: name, target: toOutboundProxy });
  }
  return inserted.reverse().map((rule) => ({ ...rule, first: true }));
}

function captureInbound(settings: CaptureSettings): Rule[] {
  const included = settings.includeInboundPorts;
  if (included !== '*' && included.length === 0) return [];
  const jump: Rule = { chain: 'PREROUTING', protocol: 'tcp', target: inbound };
  if (included !== '*') {
    const capture = (number: number): Rule => ({
      chain: inbound,
      protocol: 'tcp',
      matches: [port(number)],
      target: toInboundProxy,
    });
    return [jump, ...included.map(capture)];
  }
  return [jump, ...skipInboundPorts(settings), { chain: inbound, protocol: 'tcp', target: toInboundProxy }];
}

export function skipInboundPorts(settings: CaptureSettings): Rule[] {
  return settings.excludeInboundPorts.map((number) => ({
    chain: inbound,
    protocol: 'tcp',
    matches: [port(number)],
    target: 'RETURN',
  }));
}

function skipPorts(ports: readonly number[]): Rule[] {
  return ports.flatMap((number): Rule[] => [
    { chain: outbound, protocol: 'tcp', matches: [port(number)], target: 'RETURN' },
    { chain: outbound, protocol: 'udp', matches: [port(number, 'udp')], target: 'RETURN' },
  ]);
}

/**
 * Three rules an owner of the proxy: the proxy's call to its own pod by a service address goes in again as inbound;
 * the app's call to itself over loopback stays alone (unless a loopback block is included on purpose); what else
 * the proxy sends is never captured, or it would loop.
 */
function proxyOwned(owner: string, settings: CaptureSettings, family: Family): Rule[] {
  const loopbackIncluded =
    settings.includeOutboundCidrs !== '*' && settings.includeOutboundCidrs.some((text) => parseCidr(text)?.loopback);
  const toItself: Rule = {
    chain: outbound,
    notDestination: family.loopback,
    outInterface: 'lo',
    protocol: 'tcp',
    matches: [`-m tcp ! --dport ${tunnelPort}`, `-m owner ${owner}`],
    target: toInboundProxy,
  };
  const appOnLoopback: Rule = {
    chain: outbound,
    outInterface: 'lo',
    matches: [`-m owner ! ${owner}`],
    target: 'RETURN',
  };
  const fromProxy: Rule = { chain: outbound, matches: [`-m owner ${owner}`], target: 'RETURN' };
  return loopbackIncluded ? [toItself, fromProxy] : [toItself, appOnLoopback, fromProxy];
}

function toBlocks(texts: readonly string[], family: Family, target: string): Rule[] {
  return blocksOf(texts, family).map((cidr) => ({ chain: outbound, ...destination(cidr), target }));
}

function destination(cidr: Cidr): { destination?: string } {
  return cidr.any ? {} : { destination: cidr.text };
}
