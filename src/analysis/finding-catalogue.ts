/** How much a finding weighs: of an error there is a request that shows it. */
export type FindingSeverity = 'Error' | 'Warning' | 'Info';

export interface FindingEntry {
  /** The heaviest that it can be; without a request that shows it an error is a warning. */
  readonly severity: FindingSeverity;
  readonly title: string;
  /** What the reader does about it. */
  readonly remedy: string;
}

/** What analyzers find. A code keeps its meaning for ever; `docs/findings.md` is generated from this. */
export const findingCatalogue = {
  OR3001: {
    severity: 'Error',
    title: 'A route goes to a host that the mesh does not know',
    remedy: 'Correct the host, or make the Service or the ServiceEntry that it names.',
  },
  OR3002: {
    severity: 'Warning',
    title: 'A DestinationRule is for a host that the mesh does not know',
    remedy:
      'Correct the host, or make the Service or the ServiceEntry that it names: until then the rule has no effect.',
  },
  OR3003: {
    severity: 'Error',
    title: 'A route goes to a subset that no DestinationRule has',
    remedy: 'Add the subset to the DestinationRule of the host, or correct its name.',
  },
  OR3004: {
    severity: 'Error',
    title: 'A route goes to a subset that no pod belongs to',
    remedy: 'Deploy pods with the labels of the subset, correct the labels, or give the destination no weight.',
  },
  OR3005: {
    severity: 'Error',
    title: 'A route goes to a port that the host does not have',
    remedy: 'Name a port of the Service (not of its pods) in `destination.port.number`.',
  },
  OR3010: {
    severity: 'Warning',
    title: 'A VirtualService names a Gateway that is not there',
    remedy:
      'Correct the name (`namespace/name` for one of another namespace), or make the Gateway: until then nothing is routed there.',
  },
  OR3011: {
    severity: 'Warning',
    title: 'A Gateway selects no pod',
    remedy: 'Correct `spec.selector`, or deploy the gateway: until then nobody listens.',
  },
  OR3012: {
    severity: 'Error',
    title: 'A Gateway names a Secret that is not there',
    remedy:
      "Make the Secret in the namespace of the gateway's pods (`kubectl create secret tls`): until then its TLS handshakes fail.",
  },
  OR3013: {
    severity: 'Warning',
    title: 'A VirtualService is for a host that its Gateway does not serve',
    remedy: 'Add the host to a server of the Gateway, or correct it: until then its rules are not used there.',
  },
  OR3020: {
    severity: 'Warning',
    title: 'A selector matches no pod',
    remedy: 'Correct the labels, or remove the resource: it has no effect.',
  },
  OR3021: {
    severity: 'Warning',
    title: 'A policy is for pods without a proxy alone',
    remedy:
      'Inject the pods (label their namespace `istio-injection=enabled` and restart them), or correct whom it is for: until then it has no effect.',
  },
  OR3030: {
    severity: 'Warning',
    title: 'Two VirtualServices are for one host',
    remedy: 'Put their rules into one: in sidecars the older one alone is used for the host.',
  },
  OR3031: {
    severity: 'Warning',
    title: 'Two DestinationRules say different things of one host',
    remedy: 'Put them into one: of two policies, and of two subsets of one name, the older one alone is used.',
  },
  OR3032: {
    severity: 'Warning',
    title: 'Two Gateways serve one host on one port',
    remedy: 'Give each host and port of a gateway to one Gateway: the older one alone is used.',
  },
  OR3033: {
    severity: 'Warning',
    title: 'Two Sidecars are for the same pods',
    remedy: 'Leave one for each pod, and one without a selector for each namespace: the oldest alone is used.',
  },
  OR3034: {
    severity: 'Warning',
    title: 'Two policies are for the same pods',
    remedy: 'Leave one for each selector, and one without a selector for each namespace: the oldest alone is used.',
  },
  OR3040: {
    severity: 'Warning',
    title: 'A rule of a VirtualService is never used',
    remedy: 'Put it before the rule that takes its requests, or remove it.',
  },
  OR3050: {
    severity: 'Error',
    title: 'Mutual TLS is asked of pods that cannot speak it',
    remedy:
      'Inject the pods, let mutual TLS in to them, or remove the `tls` of the DestinationRule: it is used by itself where it can be.',
  },
  OR3051: {
    severity: 'Error',
    title: 'Pods that take mutual TLS alone are called without it',
    remedy: 'Remove the `tls` of the DestinationRule (or use ISTIO_MUTUAL), or make the PeerAuthentication PERMISSIVE.',
  },
  OR3052: {
    severity: 'Warning',
    title: 'STRICT pods, and pods near them that cannot speak mutual TLS',
    remedy:
      'Inject the pods that are named, or make the PeerAuthentication PERMISSIVE until they are: their calls are refused.',
  },
  OR3060: {
    severity: 'Info',
    title: 'A port does not say what it speaks',
    remedy:
      'Name it after its protocol (`http-web`, `grpc`, `tcp-db`) or give `appProtocol`: until then the first bytes of a connection tell.',
  },
  OR3061: {
    severity: 'Warning',
    title: 'A Service sends to a port that no container declares',
    remedy: 'Correct `targetPort`, or declare the port of the container: if nobody listens there, calls get 503.',
  },
  OR3062: {
    severity: 'Error',
    title: 'A Service sends to a port name that no pod has',
    remedy: 'Correct `targetPort`, or name the port of the container so: until then the Service has no endpoint.',
  },
  OR3063: {
    severity: 'Warning',
    title: '`portLevelMtls` is for a port where the pod does not listen',
    remedy: 'Use the port of the container, not that of the Service.',
  },
  OR3070: {
    severity: 'Error',
    title: 'A policy asks for HTTP of a port that speaks TCP',
    remedy: 'Name the protocol of the port (`http-…`), or write the rule with `operation.ports` and the source alone.',
  },
  OR3071: {
    severity: 'Error',
    title: 'A policy asks who calls where nobody says it',
    remedy:
      'Let mutual TLS in (PeerAuthentication PERMISSIVE or STRICT), or allow by `ipBlocks`: without a certificate nobody is known.',
  },
  OR3072: {
    severity: 'Error',
    title: 'A policy asks for a token that nobody checks',
    remedy: 'Add a RequestAuthentication for the same pods: without it no request has a principal.',
  },
  OR3080: {
    severity: 'Warning',
    title: 'A pod that should have a proxy has none',
    remedy: 'Restart its workload (`kubectl rollout restart`): pods are injected when they are made.',
  },
  OR3081: {
    severity: 'Warning',
    title: 'A pod has another proxy than is injected now',
    remedy: 'Restart its workload (`kubectl rollout restart`).',
  },
  OR3082: {
    severity: 'Warning',
    title: 'Labels of injection contradict each other',
    remedy: 'Leave one of them: the message says which one decides.',
  },
  OR3090: {
    severity: 'Warning',
    title: 'A PodDisruptionBudget lets no pod of the mesh be evicted',
    remedy:
      'Run one replica more, or allow one disruption: until then a node that has the pod cannot be drained. `kubectl rollout restart` is held up by no budget.',
  },
  OR3091: {
    severity: 'Warning',
    title: 'A NetworkPolicy keeps proxies from the control plane',
    remedy:
      "Allow egress to TCP port 15012 of the control plane's namespace: without it a new pod does not become ready.",
  },
  OR3100: {
    severity: 'Warning',
    title: 'No gateway leads to a network',
    remedy:
      'Label a Service with an address outside `topology.istio.io/network`, and give its pods a Gateway of AUTO_PASSTHROUGH; where the networks reach each other, give them one name.',
  },
  OR3101: {
    severity: 'Warning',
    title: 'An endpoint of another network takes no mutual TLS',
    remedy:
      'Give it a proxy and let mutual TLS in: gateways know by the server name of mutual TLS alone whom a connection is for.',
  },
  OR3110: {
    severity: 'Info',
    title: 'A workload calls many services',
    remedy:
      'Each call in a row costs a hop through two proxies: call at once what does not depend on each other, and put a Sidecar around what is used (`outrigger scope`).',
  },
  OR3111: {
    severity: 'Warning',
    title: 'A proxy is near its memory limit',
    remedy:
      'Raise `sidecar.istio.io/proxyMemoryLimit`, or give the workload a Sidecar with what it uses (`outrigger scope`).',
  },
} as const satisfies Record<string, FindingEntry>;

export type FindingCode = keyof typeof findingCatalogue;
