import type { AnnotationEntry } from '../annotation-catalogue.ts';

/**
 * Linkerd's annotations of pods and namespaces (https://linkerd.io/2/reference/proxy-configuration/) and what Outrigger
 * does with each; part of `docs/annotations.md`. On a namespace they are for its pods; a pod's own wins, and so does
 * an annotation of Istio that says the same.
 */
const works = (text: string): AnnotationEntry => ({ state: 'works', text });
const reported = (text: string): AnnotationEntry => ({ state: 'reported', text });

const ports = "Envoy's ports are those of Istio's sidecar";
const image =
  "the proxy is Envoy: sidecar.istio.io/proxyImage takes another image of it, imagePullPolicy is the mesh's";
const policy = 'write a PeerAuthentication or an AuthorizationPolicy; until then everybody may call';
const timeouts = 'write a DestinationRule or a VirtualService for the hosts that are called';
const debug = 'kubectl debug adds a container to a running pod';
const native = works('true or false: native sidecar or classic container.');

export const linkerdCatalogue: Readonly<Record<string, AnnotationEntry>> = {
  'config.linkerd.io/proxy-cpu-request': works('CPU request.'),
  'config.linkerd.io/proxy-cpu-limit': works('CPU limit; worker threads follow it.'),
  'config.linkerd.io/proxy-memory-request': works('Memory request.'),
  'config.linkerd.io/proxy-memory-limit': works('Memory limit.'),
  'config.linkerd.io/proxy-ephemeral-storage-request': works('Request of ephemeral storage.'),
  'config.linkerd.io/proxy-ephemeral-storage-limit': works('Limit of ephemeral storage.'),
  'config.linkerd.io/skip-inbound-ports': works('Ports and ranges not captured inbound, at most 500 ports.'),
  'config.linkerd.io/skip-outbound-ports': works('Ports and ranges not captured outbound, at most 500 ports.'),
  'config.linkerd.io/opaque-ports': works(
    'On a Service: its ports, by number, range or name, are TCP. On pods and namespaces it has no effect, and says so.',
  ),
  'config.linkerd.io/proxy-await': works('enabled: the application starts when the proxy is ready.'),
  'config.linkerd.io/proxy-log-level': works("Envoy's log level, from the first level that is for no target."),
  'config.linkerd.io/shutdown-grace-period': works('How long a stopping proxy goes on, such as 30s.'),
  'config.linkerd.io/proxy-enable-native-sidecar': native,
  'config.beta.linkerd.io/proxy-enable-native-sidecar': native,
  'config.alpha.linkerd.io/proxy-enable-native-sidecar': native,
  'config.alpha.linkerd.io/proxy-wait-before-exit-seconds': reported(
    'a native sidecar stops after the application; for a classic one shutdown-grace-period is how long it goes on',
  ),
  'config.linkerd.io/access-log': reported('write a Telemetry with accessLogging'),
  'config.linkerd.io/proxy-log-format': reported("Envoy's log is text"),
  'config.linkerd.io/proxy-log-http-headers': reported('write a Telemetry with accessLogging'),
  'config.linkerd.io/skip-subnets': reported('traffic.sidecar.istio.io/excludeOutboundIPRanges takes address blocks'),
  'config.linkerd.io/default-inbound-policy': reported(policy),
  'config.linkerd.io/proxy-require-identity-inbound-ports': reported(policy),
  'config.linkerd.io/disable-identity': reported(policy),
  'config.linkerd.io/proxy-image': reported(image),
  'config.linkerd.io/proxy-version': reported(image),
  'config.linkerd.io/image-pull-policy': reported(image),
  'config.linkerd.io/init-image': reported(image),
  'config.linkerd.io/init-image-version': reported(image),
  'config.linkerd.io/debug-image': reported(debug),
  'config.linkerd.io/debug-image-version': reported(debug),
  'config.linkerd.io/debug-image-pull-policy': reported(debug),
  'config.linkerd.io/enable-debug-sidecar': reported(debug),
  'config.linkerd.io/admin-port': reported(ports),
  'config.linkerd.io/control-port': reported(ports),
  'config.linkerd.io/inbound-port': reported(ports),
  'config.linkerd.io/outbound-port': reported(ports),
  'config.linkerd.io/pod-inbound-ports': reported('every port is captured'),
  'config.linkerd.io/proxy-uid': reported('the user of the proxy is the same in the whole mesh'),
  'config.linkerd.io/proxy-gid': reported('the group of the proxy is the same in the whole mesh'),
  'config.linkerd.io/proxy-cpu-ratio-limit': reported('a CPU limit sets the threads'),
  'config.linkerd.io/proxy-additional-env': reported('proxy.istio.io/config has proxyMetadata'),
  'config.linkerd.io/proxy-metrics-hostname-labels': reported('write a Telemetry with tagOverrides'),
  'config.linkerd.io/proxy-admin-shutdown': reported('a native sidecar ends with its Job'),
  'config.linkerd.io/proxy-inbound-connect-timeout': reported(timeouts),
  'config.linkerd.io/proxy-outbound-connect-timeout': reported(timeouts),
  'config.linkerd.io/proxy-inbound-discovery-cache-unused-timeout': reported(timeouts),
  'config.linkerd.io/proxy-outbound-discovery-cache-unused-timeout': reported(timeouts),
  'config.linkerd.io/proxy-disable-inbound-protocol-detect-timeout': reported('name the port of the Service tcp-…'),
  'config.linkerd.io/proxy-disable-outbound-protocol-detect-timeout': reported('name the port of the Service tcp-…'),
  'config.linkerd.io/close-wait-timeout': reported('the node decides'),
  'config.linkerd.io/enable-gateway': reported('write a Gateway'),
  'config.linkerd.io/enable-external-profiles': reported(
    'a ServiceProfile is for hosts of the cluster; write a ServiceEntry',
  ),
  'config.linkerd.io/trace-collector': reported('write a Telemetry with tracing'),
  'config.linkerd.io/admission-webhooks': reported('label the namespace istio-injection=disabled'),
};

export const linkerdPrefixes = ['config.linkerd.io/', 'config.alpha.linkerd.io/', 'config.beta.linkerd.io/'] as const;
