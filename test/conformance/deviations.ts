/** Cases that need what is not Outrigger's; they are not compared. */
export const notOurs: Readonly<Record<string, string>> = {
  'hello.yaml.cni': 'istio-validation checks the rules of the CNI plugin; istio-init applies the rules here',
  'hello-cncf-networks.yaml': 'istio-validation and the network of the CNI plugin',
  'hello-openshift.yaml': 'istio-validation of the CNI plugin',
  'hello-openshift-tproxy.yaml': 'istio-validation of the CNI plugin',
  'custom-template.yaml': 'the template is Go text; Outrigger renders json-e on data',
  'grpc-agent.yaml': "Istio's agent without Envoy; there is no agent here",
};

/** Cases that differ on purpose: the fields that differ, and why. */
export const deviations: Readonly<Record<string, { readonly fields: readonly string[]; readonly reason: string }>> = {
  'cronjob.yaml': {
    fields: ['injected', 'userVolumes', 'labels', 'annotations', 'statusRevision'],
    reason:
      "Istio writes the pod's labels and annotations on the Job template, where no pod gets them; here they are on the pod",
  },
  'merge-probers.yaml': {
    fields: ['userVolumes', 'proxyProbes', 'identity'],
    reason:
      'the pod was injected by an older Istio as a classic sidecar: Istio takes its own old container for a user override once it moves, and keeps volumes that only its agent used, and lists the containers of the app as they were; here the sidecar is rendered anew',
  },
  'proxy-override-runas.yaml': {
    fields: ['capture'],
    reason: "Istio takes the user's runAsUser for the group, too, so that the rules miss the proxy's real group 4321",
  },
};
