import type { Call, ClientHello, Headers, Request } from '../simulator/call.ts';
import { Dice } from './dice.ts';
import {
  apps,
  fqdn,
  headerNames,
  headerValues,
  identities,
  methods,
  outsideAddresses,
  outsideHosts,
  paths,
  queries,
  serverPorts,
  sources,
  virtualHosts,
} from './vocabulary.ts';
import type { World } from './world.ts';

/** Which proxy a call goes through, and how. */
export interface Placed {
  readonly through: 'eager' | 'lazy' | 'gateway';
  readonly entry: 'outbound' | 'inbound' | 'gateway';
  readonly call: Call;
}

export const podIps = { eager: '10.30.0.1', lazy: '10.30.0.2', gateway: '10.30.0.3' } as const;

/** What servers answer with (`envoy/echo-server.ts`). */
const answer: Headers = [['x-r', 'server']];

/** Calls that are likely to be meant by something in the world, and near misses. */
export function makeCalls(seed: number, world: World, count: number): readonly Placed[] {
  const dice = new Dice(seed ^ 0x5bd1e995);
  const facts = factsOf(world);
  return Array.from({ length: count }, () => {
    const kind = dice.one(['outbound', 'outbound', 'outbound', 'inbound', 'gateway'] as const);
    if (kind === 'outbound') return outbound(dice, facts);
    return kind === 'inbound' ? inbound(dice, facts) : atGateway(dice, facts);
  });
}

interface Target {
  readonly address: string;
  readonly port: number;
  readonly hosts: readonly string[];
}

interface Facts {
  /** Of services and declared hosts. */
  readonly targets: readonly Target[];
  readonly ownPorts: readonly number[];
  /** Where gateways are told to listen. */
  readonly gatewayPorts: readonly number[];
  /** Of the rules of gateways. */
  readonly gatewayHosts: readonly string[];
}

interface PortSpec {
  readonly port?: number;
  readonly number?: number;
  readonly targetPort?: number;
}
interface Spec {
  readonly clusterIP?: string;
  readonly ports?: readonly PortSpec[];
  readonly addresses?: readonly string[];
  readonly hosts?: readonly string[];
  readonly gateways?: readonly string[];
  readonly endpoints?: readonly { readonly address: string }[];
  readonly servers?: readonly { readonly port: { readonly number: number } }[];
}

function factsOf(world: World): Facts {
  const specs = (kind: string) =>
    world.filter((object) => object.kind === kind).map(({ metadata, spec = {} }) => ({ metadata, spec: spec as Spec }));
  const services = specs('Service').flatMap(({ metadata, spec }) => {
    const app = apps.find(({ name }) => name === metadata.name);
    if (app === undefined) return [];
    const index = apps.indexOf(app);
    const headless = spec.clusterIP === 'None';
    const addresses = headless ? [`10.20.${index}.1`, `10.20.${index}.2`] : [spec.clusterIP ?? ''];
    const names = [fqdn(app), `${app.name}.${app.namespace}`, `${app.name}.${app.namespace}.svc`, app.name];
    return addresses.flatMap((address) => (spec.ports ?? []).map(({ port = 80 }) => ({ address, port, hosts: names })));
  });
  const entries = specs('ServiceEntry').flatMap(
    ({ spec: { addresses = [], hosts = [], ports = [], endpoints = [] } }) => {
      const places = [
        ...addresses.map((address) => address.replace('.0/24', '.1')),
        ...endpoints.map((one) => one.address),
      ];
      return (places.length === 0 ? outsideAddresses : places).flatMap((address) =>
        ports.map(({ number = 80 }) => ({
          address,
          port: number,
          hosts: hosts.map((host) => host.replace('*', 'any')),
        })),
      );
    },
  );
  const own = specs('Service').find(({ metadata }) => metadata.name === 'caller');
  return {
    targets: [...services, ...entries],
    ownPorts: (own?.spec.ports ?? []).map(({ targetPort = 80 }) => targetPort),
    gatewayHosts: specs('VirtualService').flatMap(({ spec: { hosts = [], gateways = [] } }) =>
      gateways.some((name) => name !== 'mesh') ? hosts.map(wholeName) : [],
    ),
    gatewayPorts: specs('Gateway').flatMap(({ spec }) => (spec.servers ?? []).map(({ port }) => port.number)),
  };
}

const wholeName = (host: string) =>
  host.includes('.') ? host.replace('*', 'any') : fqdn({ name: host, namespace: 'default' });

function outbound(dice: Dice, { targets }: Facts): Placed {
  const known = targets.length > 0 && dice.chance(0.9);
  const target = known
    ? dice.one(targets)
    : { address: dice.one(outsideAddresses), port: dice.one(serverPorts), hosts: [] };
  const port = dice.chance(0.9) ? target.port : dice.one(serverPorts);
  const address = dice.chance(0.9) ? target.address : dice.one(targets.map((one) => one.address).concat('172.20.1.1'));
  const others = [...virtualHosts, ...outsideHosts, 'nobody.test', `${address}`, ...apps.map(fqdn)];
  const host = target.hosts.length > 0 && dice.chance(0.8) ? dice.one(target.hosts) : dice.one(others);
  const through = dice.one(['eager', 'lazy'] as const);
  const web = port !== 443 && port !== 9000;
  const kind = dice.chance(0.8) ? (web ? 'http' : port === 443 ? 'tls' : 'bytes') : dice.one(['http', 'tls', 'bytes']);
  const call: Call = {
    source: podIps[through],
    destination: { address, port },
    ...(kind === 'tls' ? { tls: clientHello(dice, host, []) } : {}),
    request: kind === 'bytes' ? 'bytes' : request(dice, host, port),
    answer,
  };
  return { through, entry: 'outbound', call: agreeing(call) };
}

function inbound(dice: Dice, { ownPorts }: Facts): Placed {
  const through = dice.one(['eager', 'lazy'] as const);
  const port = dice.chance(0.85) && ownPorts.length > 0 ? dice.one(ownPorts) : dice.one(serverPorts);
  const mesh = dice.chance(0.6);
  const alpn = mesh
    ? dice.one([['istio-http/1.1', 'istio', 'http/1.1'], ['istio-h2', 'istio', 'h2'], ['istio']])
    : dice.one([[], ['http/1.1'], ['h2']]);
  const host = dice.one(['caller', 'caller.default.svc.cluster.local', 'named.test']);
  const call: Call = {
    source: dice.one(sources),
    destination: { address: podIps[through], port },
    ...dice.maybe(0.65, () => ({ tls: clientHello(dice, dice.one(['named.test', '']), alpn) })),
    request: dice.chance(0.2) ? 'bytes' : request(dice, host, port),
    answer,
  };
  return { through, entry: 'inbound', call: agreeing(call) };
}

function atGateway(dice: Dice, { gatewayPorts, gatewayHosts }: Facts): Placed {
  const port = gatewayPorts.length > 0 ? dice.one(gatewayPorts) : 80;
  const known = gatewayHosts.length > 0 && dice.chance(0.8);
  const host = dice.one(known ? gatewayHosts : [...virtualHosts, ...outsideHosts, fqdn(apps[0]), 'nobody.test']);
  const tls = port === 443 ? dice.chance(0.9) : dice.chance(0.05);
  const call: Call = {
    source: dice.one(sources),
    destination: { address: podIps.gateway, port },
    ...(tls
      ? { tls: clientHello(dice, dice.chance(0.8) ? host : 'nobody.test', dice.one([[], ['http/1.1'], ['h2']])) }
      : {}),
    request: port === 9000 || dice.chance(0.05) ? 'bytes' : request(dice, host, port),
    answer,
  };
  return { through: 'gateway', entry: 'gateway', call: agreeing(call) };
}

function clientHello(dice: Dice, sni: string, alpn: readonly string[]): ClientHello {
  const peer = dice.one([
    undefined,
    identities.client,
    identities.client,
    identities.a,
    identities.c,
    identities.foreign,
  ]);
  return { sni: /^[\d.]+$/.test(sni) ? '' : sni, alpn, ...(peer === undefined ? {} : { peer }) };
}

function request(dice: Dice, host: string, port: number): Request {
  const method = dice.one(methods);
  const named = dice.some(headerNames, 0, 2).map((name) => [name, dice.one(headerValues)] as const);
  const origin = dice.chance(0.15)
    ? ([
        ['origin', dice.one(['http://o.test', 'http://p.test', 'http://x'])],
        ['access-control-request-method', 'GET'],
      ] as const)
    : [];
  const forwarded = dice.chance(0.1) ? ([['x-forwarded-for', dice.one(['10.240.0.9', '192.168.0.1'])]] as const) : [];
  return {
    version: dice.chance(0.75) ? 'http/1.1' : 'http/2',
    method,
    path: `${dice.one(paths)}${dice.one(queries)}`,
    authority: dice.chance(0.2) ? `${host}:${port}` : host,
    headers: [...named, ...origin, ...forwarded],
  };
}

/** A client speaks what it has offered. */
function agreeing(call: Call): Call {
  const { tls, request: asked } = call;
  if (tls === undefined || asked === 'bytes') return call;
  const second = tls.alpn.includes('h2');
  const alpn = tls.alpn.length === 0 && asked.version === 'http/2' ? ['h2'] : tls.alpn;
  const version = second || alpn.includes('h2') ? 'http/2' : 'http/1.1';
  return { ...call, tls: { ...tls, alpn }, request: { ...asked, version } };
}
