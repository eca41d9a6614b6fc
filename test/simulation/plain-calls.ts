import type { Placed } from './world/make-calls.ts';
import { apps, fqdn } from './world/vocabulary.ts';
import type { KubernetesObject, World } from './world/world.ts';

interface Port {
  readonly number: number;
  /** By its name, or by its protocol. */
  readonly kind: 'http' | 'auto' | 'tls' | 'tcp';
}

interface Called {
  readonly addresses: readonly string[];
  readonly hosts: readonly string[];
  readonly ports: readonly Port[];
}

/**
 * Calls as apps make them: of a service by its own address and one of its names, in the protocol that it says. What
 * deliveries make of others differs on purpose (0083): HTTP on demand is HTTP by port, whatever the address.
 */
export function plainCalls(world: World, calls: readonly Placed[]): readonly Placed[] {
  const known = world.flatMap(calledOf);
  // Of a service that a Sidecar hides nothing is known: bytes for it are bytes of the port.
  const hides = world.some(({ kind }) => kind === 'Sidecar');
  const ports = known.flatMap((called) => called.ports);
  // Hosts of VirtualServices alone are HTTP on port 80.
  const web = new Set([80, ...ports.flatMap(({ number, kind }) => (kind === 'http' ? [number] : []))]);
  return calls.filter(({ entry, call }) => {
    if (entry !== 'outbound') return false;
    const { address, port: number } = call.destination;
    const called = known.filter(
      (one) => one.addresses.includes(address) && one.ports.some((port) => port.number === number),
    );
    const [only] = called;
    if (hides && call.request === 'bytes' && web.has(number)) return false;
    const port = only?.ports.find((candidate) => candidate.number === number);
    return called.length === 1 && only !== undefined && port !== undefined && speaks(call, port, only.hosts);
  });
}

function speaks({ tls, request }: Placed['call'], { kind }: Port, hosts: readonly string[]): boolean {
  if (kind === 'tls') return tls !== undefined && hosts.includes(tls.sni);
  if (tls !== undefined) return false;
  if (request === 'bytes') return kind !== 'http';
  return kind !== 'tcp' && hosts.includes(request.authority.replace(/:\d+$/, ''));
}

const kindOf = (name: string): Port['kind'] => {
  if (/^(http|grpc)(\d|-|$)/i.test(name)) return 'http';
  if (/^(tls|https)$/i.test(name)) return 'tls';
  return /^auto/i.test(name) ? 'auto' : 'tcp';
};

interface Spec {
  readonly clusterIP?: string;
  readonly addresses?: readonly string[];
  readonly hosts?: readonly string[];
  readonly ports?: readonly {
    readonly port?: number;
    readonly number?: number;
    readonly name: string;
    readonly protocol?: string;
  }[];
}

function calledOf({ kind, metadata, spec }: KubernetesObject): readonly Called[] {
  const { clusterIP = '', addresses = [], hosts = [], ports = [] } = (spec ?? {}) as Spec;
  const made = ports.map(({ port, number, name, protocol = name }) => ({
    number: port ?? number ?? 0,
    kind: kindOf(protocol),
  }));
  if (kind === 'ServiceEntry')
    return [{ addresses: addresses.filter((one) => !one.includes('/')), hosts, ports: made }];
  const app = apps.find(({ name, namespace }) => name === metadata.name && namespace === metadata.namespace);
  if (kind !== 'Service' || app === undefined || clusterIP === 'None') return [];
  const { name, namespace } = app;
  const short = namespace === 'default' ? [name] : [];
  return [
    {
      addresses: [clusterIP],
      hosts: [fqdn(app), `${name}.${namespace}`, `${name}.${namespace}.svc`, ...short],
      ports: made,
    },
  ];
}
