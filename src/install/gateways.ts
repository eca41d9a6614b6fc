import type { ManifestOptions } from './manifest-options.ts';

/** One gateway as the templates of manifests/gateways see it; names, labels and ports are Istio's. */
export interface GatewayView {
  readonly name: string;
  readonly namespace: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly podLabels: Readonly<Record<string, string>>;
  readonly ports: readonly object[];
  readonly autoscale: boolean;
  readonly cpu: string;
  readonly memory: string;
}

const web = [
  { name: 'http2', port: 80, targetPort: 8080, protocol: 'TCP' },
  { name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' },
];
const health = { name: 'status-port', port: 15021, targetPort: 15021, protocol: 'TCP' };

/** Which gateways are installed. */
export function gatewayViews({ gateways, revision }: ManifestOptions): GatewayView[] {
  const view = (kind: string, type: string, ports: readonly object[]): GatewayView => {
    const { namespace, autoscale, cpu, memory } = gateways;
    const selector = { app: `istio-${kind}`, istio: kind };
    return {
      ...{ name: `istio-${kind}`, namespace, type, ports, autoscale, cpu, memory, selector },
      labels: { ...selector, 'outrigger.io/rev': revision },
      podLabels: {
        ...selector,
        'sidecar.istio.io/inject': 'true',
        ...(revision === 'default' ? {} : { 'istio.io/rev': revision }),
      },
    };
  };
  return [
    ...(gateways.ingress ? [view('ingressgateway', gateways.serviceType, [health, ...web])] : []),
    ...(gateways.egress ? [view('egressgateway', 'ClusterIP', web)] : []),
  ];
}
