import type { Service } from '../../model/service.ts';
import { listenerOf } from '../../policy/sidecar/scope.ts';
import type { OutboundPortIR } from '../types/outbound.ts';
import type { BoundPortIR, OutboundView } from '../types/view.ts';
import type { ImportedBy, Imports } from './imports.ts';

type Calls = Pick<OutboundView, 'ports' | 'bound' | 'further'>;

interface CallInputs<L extends ImportedBy> extends Pick<Imports, 'services' | 'portsOf'> {
  readonly listeners: readonly L[];
}

/** Ports of services by where they are called: each port is of one egress listener, as in Istio. */
export function callsOf<L extends ImportedBy>(
  { services, listeners, portsOf }: CallInputs<L>,
  build: (service: Service, listener: L) => readonly OutboundPortIR[],
): Calls {
  const ofListener = (listener: L) =>
    listener.services.flatMap((service) =>
      build(service, listener).filter(({ port }) => listenerOf(listeners, port) === listener),
    );
  const [first, ...others] = listeners;
  if (first === undefined) return { ports: [], bound: [], further: [] };
  const called = listeners.map((listener) => ({ scope: listener.scope, entries: ofListener(listener) }));
  const open = called.filter(({ scope }) => scope.bind === '').flatMap(({ entries }) => entries);
  const bound = called.flatMap(({ scope, entries }) => (scope.bind === '' ? [] : boundPorts(scope, entries)));
  const ports = others.length === 0 ? open : inOrder(open, services);
  const whole = new Set(others.length === 0 && first.scope.port === undefined ? first.services : []);
  const known = new Set(called.flatMap(({ entries }) => entries.flatMap(clusterNames)));
  const further = [...services.values()].flatMap((service) => {
    if (whole.has(service)) return [];
    const wanted = portsOf(service);
    return build(service, first)
      .filter(({ port }) => wanted === undefined || wanted.has(port))
      .flatMap(({ clusters }) => clusters.filter(({ name }) => !known.has(name)));
  });
  return { ports, bound, further };
}

const clusterNames = ({ clusters }: OutboundPortIR) => clusters.map(({ name }) => name);

function boundPorts({ bind, listens }: ImportedBy['scope'], entries: readonly OutboundPortIR[]): BoundPortIR[] {
  return [...Map.groupBy(entries, ({ port }) => port)].map(([port, list]) => ({
    ...{ address: bind, port, listens },
    entries: list,
  }));
}

/** Older services come first, whichever listener has them. */
function inOrder(ports: readonly OutboundPortIR[], services: Imports['services']): readonly OutboundPortIR[] {
  const order = new Map([...services.values()].map((service, index) => [service, index]));
  const place = ({ service }: OutboundPortIR) => order.get(service) ?? order.size;
  return [...ports].sort((left, right) => place(left) - place(right));
}
