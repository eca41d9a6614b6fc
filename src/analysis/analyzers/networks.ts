import type { Endpoint } from '../../model/endpoint.ts';
import { type Networks, networkLabel } from '../../model/network.ts';
import type { Service } from '../../model/service.ts';
import { clientNetwork, networkOf, networksIn } from '../../policy/network/networks.ts';
import { indexPeerAuthentications, type PeerAuthenticationIndex } from '../../policy/peer-authentication/mode.ts';
import type { AnalysisInput } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';

/** Whether pods of one network reach what stands in another. */
export const networks: Analyzer = {
  name: 'networks',
  description: 'Endpoints of other networks, and the gateways that lead there',
  codes: ['OR3100', 'OR3101'],
  atAdmission: false,
  *analyze(input) {
    const { snapshot, settings } = input;
    const known = networksIn({ ...snapshot, settings });
    const modes = indexPeerAuthentications(snapshot.peerAuthentications, settings.rootNamespaces);
    const scene = { input, known, modes, clients: clientNetworks(input, known) };
    // Once for a network, and once for an address.
    const told = new Set<string>();
    for (const { about, found } of crossings(scene).flatMap((crossing) => judge(crossing, scene) ?? [])) {
      if (!told.has(about)) yield found;
      told.add(about);
    }
  },
};

interface Scene {
  readonly input: AnalysisInput;
  readonly known: Networks;
  readonly modes: PeerAuthenticationIndex;
  readonly clients: readonly string[];
}

/** An endpoint, and the networks of others that may call it. */
interface Crossing {
  readonly service: Service;
  readonly endpoint: Endpoint;
  readonly network: string;
  readonly from: readonly string[];
}

function crossings({ input, known, clients }: Scene): readonly Crossing[] {
  const { services, endpoints } = input.snapshot;
  const judged = services.filter(({ origin, resolution }) => resolution === 'endpoints' && input.judged(origin));
  return judged
    .flatMap((service) => (endpoints.get(service.id) ?? []).map((endpoint) => ({ service, endpoint })))
    .map(({ service, endpoint }) => {
      const network = networkOf(known, endpoint.network, endpoint.address);
      return { service, endpoint, network, from: clients.filter((client) => client !== network) };
    })
    .filter(({ network, from }) => network !== '' && from.length > 0);
}

/** Of the pods and machines that have a proxy, in order. */
function clientNetworks({ snapshot }: AnalysisInput, known: Networks): readonly string[] {
  const clients = [...snapshot.workloads.values(), ...snapshot.machines.values()].filter(({ meshed }) => meshed);
  return [...new Set(clients.map((client) => clientNetwork(known, client)))].filter((name) => name !== '').sort();
}

function judge(
  { service, endpoint, network, from }: Crossing,
  { input, known, modes }: Scene,
): { readonly about: string; readonly found: Finding } | undefined {
  const { origin, hostname } = service;
  const pods = `pods of ${from.join(', ')}`;
  if (!known.gateways.has(network)) {
    const named = input.snapshot.services.find(({ labels }) => labels[networkLabel] === network);
    const names = named?.outside?.join(', ');
    const why =
      names === undefined ? 'has no address outside' : `has no IP address outside that is known, but ${names}`;
    const hint = named === undefined ? '' : `; the Service ${named.name} of ${named.namespace} ${why}`;
    const message = `${pods} call ${hostname} in ${network} by address: no gateway leads there${hint}`;
    return { about: `network ${network}`, found: finding('OR3100', { origin, message }) };
  }
  if (!service.external && takesMtls(modes, endpoint)) return undefined;
  const message = `${pods} do not reach ${endpoint.address} of ${hostname} in ${network}: the gateway there passes on mutual TLS of the mesh alone`;
  return { about: `address ${endpoint.address}`, found: finding('OR3101', { origin, message }) };
}

function takesMtls(modes: PeerAuthenticationIndex, { meshed, namespace, labels, port }: Endpoint): boolean {
  if (!meshed) return false;
  const { mode, ports } = modes.forWorkload(namespace, labels);
  return (ports.get(port) ?? mode) !== 'disable';
}
