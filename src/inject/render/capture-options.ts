import { OutriggerError } from '../../errors.ts';
import { parseCidrList, parseInterfaceList, parsePortList } from '../../interception/parse-lists.ts';
import type { CaptureSettings } from '../../interception/settings.ts';
import type { InjectionSettings } from '../review/settings.ts';
import type { AnnotationReader } from './annotation-reader.ts';

/** The part of the capture settings that annotations and settings decide alone. */
export type CaptureOptions = Pick<
  CaptureSettings,
  | 'includeOutboundCidrs'
  | 'excludeOutboundCidrs'
  | 'includeInboundPorts'
  | 'excludeInboundPorts'
  | 'includeOutboundPorts'
  | 'excludeOutboundPorts'
  | 'excludeInterfaces'
  | 'rerouteInterfaces'
>;

/** @throws OutriggerError OR1401, OR1402, OR1403 */
export function readCapture(reader: AnnotationReader, settings: InjectionSettings): CaptureOptions {
  const { proxy } = settings;
  const value = (name: string, fallback: string): { text: string; at: string } => {
    const key = `traffic.sidecar.istio.io/${name}`;
    const setting = name.replace('OutboundIPRanges', 'IPRanges');
    const annotated = reader.text(key);
    return annotated === undefined
      ? { text: fallback, at: `injection.proxy.${setting}` }
      : { text: annotated, at: `${reader.at(key)} (${setting})` };
  };
  const cidrs = (name: string, fallback: string, wildcard: boolean) => {
    const { text, at } = value(name, fallback);
    return parseCidrList(text, { wildcard, at });
  };
  const ports = (name: string, fallback: string, wildcard: boolean) => {
    const { text, at } = value(name, fallback);
    return parsePortList(text, { wildcard, at });
  };
  const reroute =
    reader.text('istio.io/reroute-virtual-interfaces') === undefined
      ? 'traffic.sidecar.istio.io/kubevirtInterfaces'
      : 'istio.io/reroute-virtual-interfaces';
  return {
    includeOutboundCidrs: cidrs('includeOutboundIPRanges', proxy.includeIPRanges, true),
    excludeOutboundCidrs: listed(cidrs('excludeOutboundIPRanges', proxy.excludeIPRanges, false)),
    includeInboundPorts: ports('includeInboundPorts', proxy.includeInboundPorts, true),
    excludeInboundPorts: listed(ports('excludeInboundPorts', proxy.excludeInboundPorts, false)),
    includeOutboundPorts: listed(ports('includeOutboundPorts', proxy.includeOutboundPorts, false)),
    excludeOutboundPorts: listed(ports('excludeOutboundPorts', proxy.excludeOutboundPorts, false)),
    excludeInterfaces: parseInterfaceList(reader.text('traffic.sidecar.istio.io/excludeInterfaces') ?? '', {
      at: reader.at('traffic.sidecar.istio.io/excludeInterfaces'),
    }),
    rerouteInterfaces: parseInterfaceList(reader.text(reroute) ?? '', { at: reader.at(reroute) }),
  };
}

/** A list that cannot be the wildcard. */
function listed<T>(value: '*' | T[]): T[] {
  if (value === '*') throw new OutriggerError('OR1901', 'a wildcard where none is possible');
  return value;
}
