import type { InboundIR, InboundPortIR } from '../../ir/types/inbound.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Service, ServicePort } from '../../model/service.ts';
import type { Workload } from '../../model/workload.ts';
import { hasLabels } from '../../policy/client.ts';
import { connectionsOf, connectTimeoutOf, limitsOf } from '../../policy/destination-rule/connection-limits.ts';
import { type EffectivePolicy, effectivePolicy } from '../../policy/destination-rule/effective.ts';
import { findRule } from '../../policy/destination-rule/select.ts';
import { reliefFor } from '../../policy/emergency/relief.ts';
import type { WorkloadModes } from '../../policy/peer-authentication/mode.ts';
import { rateLimitsFor } from '../../policy/rate-limit/select.ts';
import { tokenRulesFor } from '../../policy/request-authentication/select.ts';
import { inboundPoolOf } from '../../policy/sidecar/ingress.ts';
import { sidecarOf } from '../../policy/sidecar/select.ts';
import type { Config, Snapshot } from '../../registry/snapshot.ts';
import type { Sidecar } from '../../schema/kinds.ts';
import type { OutboundView } from '../types/view.ts';
import { askedCluster, buildAuthorization } from './authorization.ts';
import { ingressPort, type PortLimits } from './inbound-ingress.ts';
import type { Indexes } from './indexes.ts';

export interface InboundInputs {
  readonly snapshot: Snapshot;
  readonly workload: Workload;
  readonly indexes: Indexes;
  readonly settings: MeshSettings;
  /** Where those who are asked about requests are found; needed only where somebody is. */
  readonly view: OutboundView | undefined;
}

/** What reaches the app of a pod, and who may send it. */
export function buildInbound(inputs: InboundInputs): InboundIR {
  const { snapshot, workload, indexes, settings, view } = inputs;
  const { namespace, labels } = workload;
  const { rootNamespaces, extensionProviders: providers } = settings;
  const trustDomains = [settings.trustDomain, ...settings.trustDomainAliases];
  const modes = indexes.modes(snapshot).forWorkload(namespace, labels);
  const sidecar = sidecarOf(snapshot.sidecars, workload, settings.rootNamespaces);
  const ports = inboundPorts(snapshot, workload, { modes, indexes, settings, sidecar });
  const relief = reliefFor(snapshot.emergencies, { namespace, labels, rootNamespaces });
  const named = new Set(ports.map(({ targetPort }) => targetPort));
  return {
    ports,
    otherPorts: modes.mode,
    ...(relief.bypass ? { bypass: relief.origins } : {}),
    portModes: [...modes.ports]
      .filter(([port]) => !named.has(port))
      .map(([port, mode]) => ({ port, mode }))
      .sort((a, b) => a.port - b.port),
    tokens: {
      rules: tokenRulesFor(snapshot.requestAuthentications, {
        namespace,
        labels,
        rootNamespaces,
        keys: snapshot.tokenKeys,
      }),
      chooseAgain: false,
    },
    ...buildAuthorization(snapshot, { namespace, labels, rootNamespaces, trustDomains, providers, view }),
    rateLimits: rateLimitsFor(snapshot.rateLimits, {
      ...{ namespace, labels, rootNamespaces },
      clusterOf: (service, port) => askedCluster(view, service, port),
    }),
    exempt: workload.statusPort === 15020 ? [] : [15020],
    trustDomains,
  };
}

interface PortContext {
  readonly modes: WorkloadModes;
  readonly indexes: Indexes;
  readonly settings: MeshSettings;
  readonly sidecar: Config<Sidecar> | undefined;
}

/** Those of the services; a Sidecar with an `ingress` names its own in their place. */
function inboundPorts(snapshot: Snapshot, workload: Workload, context: PortContext): readonly InboundPortIR[] {
  const ofServices = portsOfServices(snapshot, workload, context);
  const { sidecar, modes } = context;
  const { ingress = [] } = sidecar?.spec ?? {};
  if (sidecar === undefined || ingress.length === 0) return ofServices;
  return ingress
    .map((entry) => {
      const known = ofServices.find(({ targetPort }) => targetPort === entry.port.number);
      const limits = known ?? limitsOfPort({}, entry.port.number ?? 0, context);
      return ingressPort(entry, { sidecar, workload, modes, known, limits });
    })
    .sort((a, b) => a.targetPort - b.targetPort);
}

/** By target port; where several services have one, the oldest service's port counts. */
function portsOfServices(snapshot: Snapshot, workload: Workload, context: PortContext): readonly InboundPortIR[] {
  const found = new Map<number, InboundPortIR>();
  for (const service of snapshot.services) {
    if (!selects(service, workload)) continue;
    for (const port of service.ports) {
      const targetPort = targetOf(port, workload);
      if (port.protocol === 'udp' || targetPort === undefined || found.has(targetPort)) continue;
      found.set(targetPort, portOf(snapshot, { service, port, targetPort, workload }, context));
    }
  }
  return [...found.values()].sort((a, b) => a.targetPort - b.targetPort);
}

function selects(service: Service, { namespace, labels }: Workload): boolean {
  const { selector } = service;
  if (selector === undefined || Object.keys(selector).length === 0) return false;
  return service.namespace === namespace && hasLabels(labels, selector);
}

function targetOf({ name, targetPort }: ServicePort, { namedPorts, servicePorts = {} }: Workload): number | undefined {
  if (Object.hasOwn(servicePorts, name)) return servicePorts[name];
  if (typeof targetPort === 'number') return targetPort;
  return Object.hasOwn(namedPorts, targetPort) ? namedPorts[targetPort] : undefined;
}

interface PortOfService {
  readonly service: Service;
  readonly port: ServicePort;
  readonly targetPort: number;
  readonly workload: Workload;
}

function portOf(
  snapshot: Snapshot,
  { service, port, targetPort, workload }: PortOfService,
  context: PortContext,
): InboundPortIR {
  const { modes, indexes, settings } = context;
  const { namespace } = workload;
  // The limits that clients keep hold for what reaches the app, too, as in Istio.
  const rule = findRule(indexes.rules(snapshot.destinationRules), {
    host: service.hostname,
    owner: namespace,
    client: { namespace, labels: workload.labels },
    rootNamespaces: settings.rootNamespaces,
  });
  const policy = effectivePolicy(rule, '', port.number);
  return {
    targetPort,
    port: port.number,
    hostname: service.hostname,
    protocol: port.protocol,
    mode: modes.ports.get(targetPort) ?? modes.mode,
    ...{ app: { kind: 'called', port: undefined }, bind: [], tls: undefined },
    ...limitsOfPort(policy, targetPort, context),
    origins: [service.origin, ...(modes.origin === undefined ? [] : [modes.origin])],
  };
}

/** What a Sidecar says of the port, else what a DestinationRule says of its service. */
function limitsOfPort(policy: EffectivePolicy, port: number, { sidecar, settings }: PortContext): PortLimits {
  const own = inboundPoolOf(sidecar?.spec, port);
  const used = own === undefined ? policy : { connectionPool: own };
  return {
    limits: limitsOf(used),
    connections: connectionsOf(used.connectionPool),
    connectTimeoutMs: connectTimeoutOf(used.connectionPool, settings.connectTimeoutMs),
    keepsVersion: used.connectionPool?.http?.useClientProtocol === true,
  };
}
