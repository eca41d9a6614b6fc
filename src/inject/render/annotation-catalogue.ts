/**
 * Every annotation of Istio's injection API and what Outrigger does with it. `docs/annotations.md` is
 * generated from this table (`npm run docs`), so that it cannot lie.
 *
 * `reported`: accepted and without effect; using it gives an admission warning with this reason.
 */
export type AnnotationState = 'works' | 'reported';

export interface AnnotationEntry {
  readonly state: AnnotationState;
  /** What it does, or why it does nothing. */
  readonly text: string;
}

const works = (text: string): AnnotationEntry => ({ state: 'works', text });
const reported = (text: string): AnnotationEntry => ({ state: 'reported', text });

const noAgent = 'there is no agent in the sidecar';
const statistics = "Envoy's statistics are set for the whole mesh; a pod cannot change them yet";

export const annotationCatalogue: Readonly<Record<string, AnnotationEntry>> = {
  'sidecar.istio.io/inject': works('"true" or "false": in or out, where no label of that name says otherwise.'),
  'inject.istio.io/templates': works('Comma list of the templates to render.'),
  'sidecar.istio.io/status': works('Written: what was injected. On a pod that has it the sidecar is rendered again.'),
  'sidecar.istio.io/nativeSidecar': works('"true" or "false": native sidecar or classic container.'),
  'sidecar.istio.io/interceptionMode': works('REDIRECT, TPROXY or NONE.'),
  'sidecar.istio.io/proxyCPU': works('CPU request, on the pod or its namespace.'),
  'sidecar.istio.io/proxyCPULimit': works('CPU limit, on the pod or its namespace.'),
  'sidecar.istio.io/proxyMemory': works('Memory request, on the pod or its namespace.'),
  'sidecar.istio.io/proxyMemoryLimit': works('Memory limit, on the pod or its namespace.'),
  'sidecar.istio.io/proxyImage': works('Image of istio-proxy and istio-init; only a name with a "/" is taken.'),
  'sidecar.istio.io/proxyImageType': works('Variant of the image, appended to its tag.'),
  'sidecar.istio.io/logLevel': works("Envoy's log level."),
  'sidecar.istio.io/componentLogLevel': works("Envoy's log level per component."),
  'sidecar.istio.io/agentLogLevel': reported(noAgent),
  'sidecar.istio.io/bootstrapOverride': works('ConfigMap with custom_bootstrap.json, merged under the bootstrap.'),
  'sidecar.istio.io/userVolume': works('JSON: volumes to add, by name or as a list.'),
  'sidecar.istio.io/userVolumeMount': works('JSON: mounts to add to istio-proxy, by volume name or as a list.'),
  'sidecar.istio.io/capNetBindService': works('"true": NET_BIND_SERVICE for istio-proxy.'),
  'sidecar.istio.io/rewriteAppHTTPProbers': works('false leaves the probes of the app as they are.'),
  'sidecar.istio.io/discoveryAddress': works('host:port of the control plane.'),
  'sidecar.istio.io/enableCoreDump': reported("it has no effect in Istio either; the node's core pattern decides"),
  'sidecar.istio.io/statsInclusionPrefixes': works('Further statistics of Envoy to keep, by prefix.'),
  'sidecar.istio.io/statsInclusionSuffixes': works('Further statistics of Envoy to keep, by suffix.'),
  'sidecar.istio.io/statsInclusionRegexps': works('Further statistics of Envoy to keep, by regular expression.'),
  'sidecar.istio.io/extraStatTags': reported(statistics),
  'sidecar.istio.io/statsHistogramBuckets': reported(statistics),
  'sidecar.istio.io/statsHistogramBins': reported(statistics),
  'sidecar.istio.io/statsFlushInterval': reported(statistics),
  'sidecar.istio.io/statsEvictionInterval': reported(statistics),
  'sidecar.istio.io/statsCompression': reported(statistics),
  'traffic.sidecar.istio.io/includeOutboundIPRanges': works('CIDRs captured outbound, or "*".'),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': works('CIDRs not captured outbound.'),
  'traffic.sidecar.istio.io/includeInboundPorts': works('Ports captured inbound, or "*".'),
  'traffic.sidecar.istio.io/excludeInboundPorts': works('Ports not captured inbound.'),
  'traffic.sidecar.istio.io/includeOutboundPorts': works('Ports captured outbound whatever the address.'),
  'traffic.sidecar.istio.io/excludeOutboundPorts': works('Ports not captured outbound.'),
  'traffic.sidecar.istio.io/excludeInterfaces': works('Interfaces that are left alone.'),
  'traffic.sidecar.istio.io/kubevirtInterfaces': works('Interfaces of virtual machines (deprecated).'),
  'istio.io/reroute-virtual-interfaces': works('Interfaces whose inbound traffic counts as outbound.'),
  'status.sidecar.istio.io/port': works('Port of probes and merged metrics; 0 takes the proxy probes out.'),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': works('Of the readiness probe of istio-proxy.'),
  'readiness.status.sidecar.istio.io/periodSeconds': works('Of the readiness probe of istio-proxy.'),
  'readiness.status.sidecar.istio.io/failureThreshold': works('Of the readiness probe of istio-proxy.'),
  'readiness.status.sidecar.istio.io/applicationPorts': reported('it has no effect in Istio either'),
  'proxy.istio.io/config': works('ProxyConfig of this pod, as YAML or JSON.'),
  'proxy.istio.io/overrides': works("Written: what the user's own istio-proxy and istio-init set."),
  'proxy.outrigger.io/identity': works(
    '"spire": certificate and roots come from the socket of the SPIFFE CSI driver; "mesh": from the control plane.',
  ),
  'proxy.outrigger.io/ephemeralStorage': works('Request of ephemeral storage, on the pod or its namespace.'),
  'proxy.outrigger.io/ephemeralStorageLimit': works('Limit of ephemeral storage, on the pod or its namespace.'),
  'prometheus.istio.io/merge-metrics': works("false leaves the app's scrape annotations alone."),
  'prometheus.istio.io/scrape-targets': works('port[:path] list of further endpoints to merge.'),
  'prometheus.istio.io/secure-port': reported('metrics over mutual TLS need an agent'),
  'prometheus.io/scrape': works('false leaves the pod without scraping.'),
  'prometheus.io/port': works("Port of the app's own metrics."),
  'prometheus.io/path': works("Path of the app's own metrics."),
  'prometheus.io/scheme': works("http or https of the app's own metrics."),
};

/** An unknown key that starts with one of these is probably a misspelt one of ours. */
export const annotationPrefixes = [
  'sidecar.istio.io/',
  'traffic.sidecar.istio.io/',
  'status.sidecar.istio.io/',
  'readiness.status.sidecar.istio.io/',
  'proxy.istio.io/',
  'prometheus.istio.io/',
  'prometheus.io/',
  'inject.istio.io/',
] as const;
