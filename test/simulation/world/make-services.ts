import type { Dice } from './dice.ts';
import { apps, outsideAddresses, outsideHosts, portKinds, serverPorts } from './vocabulary.ts';
import type { KubernetesObject } from './world.ts';

type Json = KubernetesObject['metadata'][string];

export function objectOf(
  apiVersion: string,
  kind: string,
  [namespace, name]: readonly [string, string],
  rest: Record<string, Json>,
  more: Record<string, Json> = {},
): KubernetesObject {
  return { apiVersion, kind, metadata: { name, namespace, ...more }, ...rest };
}

/** Pods that are proxies in truth (`network.ts`), and pods of whose addresses the world answers. */
export function makePods(dice: Pick<Dice, 'chance'>): KubernetesObject[] {
  const pod = (place: readonly [string, string], ip: string, facts: PodFacts): KubernetesObject => {
    const { labels, account, annotations = {}, meshed } = facts;
    const containers = [{ name: 'app' }, ...(meshed ? [{ name: 'istio-proxy' }] : [])];
    const tls: Record<string, string> = meshed ? { 'security.istio.io/tlsMode': 'istio' } : {};
    const rest = { spec: { serviceAccountName: account, containers }, status: { podIP: ip } };
    return objectOf('v1', 'Pod', place, rest, { labels: { ...labels, ...tls }, annotations });
  };
  const caller = { labels: { app: 'caller', version: 'v1' }, account: 'caller', meshed: true };
  const gateway = { labels: { istio: 'ingressgateway', app: 'gw' }, account: 'gw', meshed: true };
  const versions = apps.flatMap(({ name, namespace }, index) =>
    ['v1', 'v2'].map((version, place) =>
      pod([namespace, `${name}-${version}`], `10.20.${index}.${place + 1}`, {
        labels: { app: name, version },
        account: name,
        meshed: dice.chance(0.7),
      }),
    ),
  );
  return [
    pod(['default', 'eager'], '10.30.0.1', { ...caller, annotations: { 'proxy.outrigger.io/delivery': 'eager' } }),
    pod(['default', 'lazy'], '10.30.0.2', caller),
    pod(['istio-system', 'gateway'], '10.30.0.3', {
      ...gateway,
      annotations: { 'inject.istio.io/templates': 'gateway' },
    }),
    ...versions,
  ];
}

interface PodFacts {
  readonly labels: Record<string, string>;
  readonly account: string;
  readonly annotations?: Record<string, string>;
  readonly meshed: boolean;
}

export function makeServices(dice: Dice): KubernetesObject[] {
  const found = apps.flatMap(({ name, namespace, address }) => {
    if (dice.chance(0.1)) return [];
    const headless = dice.chance(0.15);
    const clusterIP = headless ? 'None' : address;
    const spec = { clusterIP, selector: { app: name }, ports: makePorts(dice, 1, 3, headless) };
    return [objectOf('v1', 'Service', [namespace, name], { spec })];
  });
  const own = {
    clusterIP: '10.96.0.20',
    selector: { app: 'caller' },
    ports: makePorts(dice, 1, 3, false),
  };
  const gateway = {
    clusterIP: '10.96.0.30',
    selector: { app: 'gw' },
    ports: [80, 443, 9000].map((port) => ({ name: `p${port}`, port, targetPort: port })),
  };
  return [
    ...found,
    objectOf('v1', 'Service', ['default', 'caller'], { spec: own }),
    objectOf('v1', 'Service', ['istio-system', 'gw'], { spec: gateway }),
  ];
}

/** Of one number there is one port. */
function makePorts(dice: Dice, low: number, high: number, sameTarget: boolean) {
  const numbers = new Set<number>();
  return dice.some(portKinds, low, high).flatMap(({ name, port }) => {
    if (numbers.has(port)) return [];
    numbers.add(port);
    return [{ name, port, targetPort: sameTarget ? port : dice.one(serverPorts) }];
  });
}

const protocols: Readonly<Record<string, string>> = {
  http: 'HTTP',
  'http-two': 'HTTP',
  http2: 'HTTP2',
  grpc: 'GRPC',
  tcp: 'TCP',
  'tcp-two': 'TCP',
  tls: 'TLS',
  https: 'HTTPS',
};

export function makeServiceEntries(dice: Dice): KubernetesObject[] {
  return dice.some([...outsideHosts, '*.ext.test'], 0, 2).map((host, index) => {
    const resolution = host.startsWith('*') ? 'NONE' : dice.one(['NONE', 'STATIC', 'DNS', 'STATIC']);
    const kinds = dice.some(Object.entries(protocols), 1, 2);
    const ports = kinds.map(([name, protocol]) => ({
      ...{ number: portKinds.find((kind) => kind.name === name)?.port ?? 80, name, protocol },
      ...dice.maybe(resolution === 'NONE' ? 0 : 0.3, () => ({ targetPort: dice.one(serverPorts) })),
    }));
    const numbers = new Set(ports.map(({ number }) => number));
    const addressed = ports.some(({ protocol }) => protocol === 'TCP') || dice.chance(0.4);
    const endpoints = dice.some(outsideAddresses, 1, 2).map((address) => ({
      address,
      ...dice.maybe(0.5, () => ({ labels: { version: dice.one(['v1', 'v2']) } })),
    }));
    const spec = {
      hosts: [host],
      ports: numbers.size < ports.length ? ports.slice(0, 1) : ports,
      resolution,
      location: dice.one(['MESH_EXTERNAL', 'MESH_EXTERNAL', 'MESH_INTERNAL']),
      ...(addressed ? { addresses: [resolution === 'NONE' ? `172.20.${index}.0/24` : `10.96.1.${index + 1}`] } : {}),
      ...(resolution === 'NONE' ? {} : { endpoints }),
    };
    return objectOf('networking.istio.io/v1', 'ServiceEntry', ['default', `entry-${index}`], { spec });
  });
}
