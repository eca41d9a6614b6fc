import { fieldOf } from '../../model/origin.ts';
import { hasLabels } from '../../policy/client.ts';
import { hostCovers } from '../../policy/hosts.ts';
import { gatewayId } from '../../policy/virtual-service/gateway-id.ts';
import { type AnalysisInput, type ConfigOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding, type ShownRequest } from '../finding.ts';
import { doorsOf, outsiderOf } from '../gateway-scenes.ts';
import { lookupIn } from '../mesh-lookup.ts';

type Gateway = ConfigOf<'Gateway'>;
type VirtualService = ConfigOf<'VirtualService'>;

/** What VirtualServices say of Gateways. */
export const namedGateways: Analyzer = {
  name: 'virtual-service.gateways',
  description: 'Gateways that VirtualServices name, and whether these serve their hosts',
  codes: ['OR3010', 'OR3013'],
  atAdmission: true,
  *analyze(input) {
    const gateways = new Map(input.snapshot.gateways.map((one) => [`${one.namespace}/${one.name}`, one]));
    for (const config of subjects(input, 'VirtualService')) {
      for (const [index, name] of (config.spec.gateways ?? []).entries()) {
        const id = gatewayId(name, config.namespace);
        const gateway = gateways.get(id);
        if (gateway !== undefined) yield* unserved(config, gateway);
        else if (name !== 'mesh' && input.knows('Gateway', id.split('/')[0] ?? ''))
          yield finding('OR3010', {
            origin: fieldOf(config.origin, `spec.gateways[${index}]`),
            message: `there is no Gateway ${id}`,
          });
      }
    }
  },
};

/** Hosts of servers may name the namespace whose VirtualServices they are for. */
function* unserved(config: VirtualService, gateway: Gateway): Generator<Finding> {
  const served = gateway.spec.servers.flatMap(({ hosts }) =>
    hosts.map((text) => {
      const slash = text.indexOf('/');
      const space = slash < 0 ? '*' : text.slice(0, slash);
      return { host: text.slice(slash + 1).toLowerCase(), space: space === '.' ? gateway.namespace : space };
    }),
  );
  const open = served.filter(({ space }) => space === '*' || space === config.namespace);
  const fits = (host: string) =>
    open.some((one) => one.host === host || hostCovers(one.host, host) || hostCovers(host, one.host));
  for (const [index, host] of (config.spec.hosts ?? []).entries()) {
    if (fits(host.toLowerCase())) continue;
    const hosts = open.map((one) => one.host).join(', ');
    yield finding('OR3013', {
      origin: fieldOf(config.origin, `spec.hosts[${index}]`),
      message: `Gateway ${gateway.namespace}/${gateway.name} does not serve ${host}; it serves ${hosts === '' ? 'nothing to this namespace' : hosts}`,
    });
  }
}

/** What Gateways need to be of use. */
export const gatewayParts: Analyzer = {
  name: 'gateway.parts',
  description: 'Pods that Gateways select, and certificates that they name',
  codes: ['OR3011', 'OR3012'],
  atAdmission: true,
  *analyze(input) {
    const { workloads } = lookupIn(input);
    for (const gateway of subjects(input, 'Gateway')) {
      const pods = workloads.filter(({ labels }) => hasLabels(labels, gateway.spec.selector));
      const selector = Object.entries(gateway.spec.selector ?? {}).map(([name, value]) => `${name}=${value}`);
      if (pods.length === 0 && input.knows('Pod', gateway.namespace))
        yield finding('OR3011', {
          origin: fieldOf(gateway.origin, 'spec.selector'),
          message: `no pod has ${selector.join(', ')}`,
        });
      yield* missingCredentials(gateway, [...new Set(pods.map(({ namespace }) => namespace))], input);
    }
  },
};

function* missingCredentials(
  gateway: Gateway,
  namespaces: readonly string[],
  input: AnalysisInput,
): Generator<Finding> {
  const { spec, origin } = gateway;
  const named = spec.servers.flatMap(({ tls }, index) =>
    [...(tls?.credentialName === undefined ? [] : [tls.credentialName]), ...(tls?.credentialNames ?? [])].map(
      (name) => ({ name, index }),
    ),
  );
  for (const { name, index } of named) {
    for (const id of namespaces.map((namespace) => secretId(name, namespace))) {
      if (input.snapshot.secrets.has(id) || !input.knows('Secret', id.split('/')[0] ?? '')) continue;
      yield finding('OR3012', {
        origin: fieldOf(origin, `spec.servers[${index}].tls.credentialName`),
        message: `there is no Secret ${id} with a certificate and its key`,
        request: handshake(gateway, index, input),
      });
    }
  }
}

/** A client that names the host of the server gets no certificate. */
function handshake(gateway: Gateway, index: number, input: AnalysisInput): ShownRequest | undefined {
  const lookup = lookupIn(input);
  const { port, hosts } = gateway.spec.servers[index] ?? { port: { number: 0 }, hosts: [] };
  const [door] = doorsOf(gateway, port.number, { snapshot: input.snapshot, lookup });
  const client = outsiderOf(lookup);
  const host = hosts.map((text) => text.slice(text.indexOf('/') + 1)).find((text) => !text.includes('*'));
  if (door === undefined || client === undefined || host === undefined) return undefined;
  const via = `${door.service.hostname}:${port.number}`;
  const url = `https://${host}:${port.number}/`;
  return { from: client.id, method: 'GET', url, headers: {}, via, answer: 'reset', share: 1 };
}

/** `kubernetes://name` and `kubernetes-gateway://namespace/name` are Istio's longer forms. */
function secretId(name: string, namespace: string): string {
  const secret = name.includes('://') ? name.slice(name.indexOf('://') + 3) : name;
  return secret.includes('/') ? secret : `${namespace}/${secret}`;
}
