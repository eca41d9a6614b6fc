import type { Container } from '../model/pod.ts';
import type { ImageContent, ImageResolver } from './pod-runner/sandbox.ts';

export interface ImagePlaces {
  /** The Envoy binary. */
  readonly envoy: string;
  /** `images/proxy/outrigger-proxy.sh` */
  readonly proxyScript: string;
  /** The Node binary. */
  readonly node: string;
  /** The folder of the sample app's JavaScript. */
  readonly sampleApp: string;
}

/** The app's heap is small: several hundred of it run side by side. */
const nodeFlags = ['--max-old-space-size=32', '--max-semi-space-size=1', '--v8-pool-size=1'];

/** What Istio's own Bookinfo manifests name. */
const istioBookinfo = /examples-bookinfo-(productpage|details|ratings|reviews)-(v\d)/;

/**
 * There are no images: the proxy's containers get the proxy's files, our sample app (and Istio's Bookinfo, which it
 * stands for) runs from this checkout, and any other container needs a command, which finds the tools of this machine.
 */
export function resolveImages(places: ImagePlaces): ImageResolver {
  const proxy: ImageContent = {
    files: { '/usr/local/bin/envoy': places.envoy, '/usr/local/bin/outrigger-proxy.sh': places.proxyScript },
  };
  const app: ImageContent = {
    files: { '/usr/local/bin/node': places.node, '/app': places.sampleApp },
    command: ['node', ...nodeFlags, '/app/main.js'],
  };
  return (container, { metadata }) => {
    if (isProxy(container)) return proxy;
    const place = { POD_NAME: metadata.name ?? '', POD_NAMESPACE: metadata.namespace ?? '' };
    const [, role, version] = istioBookinfo.exec(container.image ?? '') ?? [];
    if (role !== undefined && version !== undefined) {
      return { ...app, env: { ...place, ROLE: role, SERVICE_VERSION: version } };
    }
    return /(^|\/)outrigger\/sample-app(:|@|$)/.test(container.image ?? '') ? { ...app, env: place } : { files: {} };
  };
}

function isProxy({ name, command }: Container): boolean {
  return name === 'istio-proxy' || name === 'istio-init' || command?.[0] === 'envoy';
}
