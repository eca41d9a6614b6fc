import type { MigrationStep } from './report.ts';
import { byNamespace, type PodLike } from './workloads.ts';

/** Linkerd's injector goes first: both would answer to `linkerd.io/inject`. Its proxies go on until their pods restart. */
export function linkerdSteps(
  meshed: readonly PodLike[],
  namespaces: readonly PodLike[],
  hasProfiles: boolean,
): readonly MigrationStep[] {
  const counted = byNamespace(meshed);
  const annotated = namespaces
    .filter((one) => one.annotations['linkerd.io/inject'] === 'enabled')
    .map(({ name }) => name);
  const rest = annotated.filter((name) => !counted.some(({ namespace }) => namespace === name)).sort();
  const order = [...counted.map(({ namespace }) => namespace), ...rest].filter((name) => !name.startsWith('linkerd'));
  return [
    {
      title: 'Install Outrigger beside Linkerd',
      commands: ['outrigger check --pre', 'outrigger install -y'],
    },
    {
      title: "Take Linkerd's injector out, for both answer to linkerd.io/inject",
      commands: ['kubectl delete mutatingwebhookconfiguration linkerd-proxy-injector-webhook-config'],
      note: "Pods that run keep their linkerd-proxy. Calls between the two meshes are plaintext while the move lasts: Linkerd's default-inbound-policy has to let them (all-unauthenticated, its default), and no PeerAuthentication STRICT may be there yet.",
    },
    ...order.map((namespace) => ({
      title: `Move ${namespace}`,
      commands: [
        `kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
        `kubectl rollout status deployment,statefulset,daemonset -n ${namespace} --timeout=10m`,
        `outrigger proxy-status -n ${namespace}`,
        `outrigger analyze -n ${namespace}`,
      ],
      note: 'Manifests that carry linkerd-proxy themselves are taken back by `linkerd uninject` before they are applied.',
    })),
    {
      title: 'Require mTLS again, and take Linkerd out',
      commands: [
        ...(hasProfiles ? savedProfiles : []),
        // Its injector is gone already.
        'linkerd uninstall | kubectl delete --ignore-not-found -f -',
        ...(hasProfiles ? restoredProfiles : []),
        'outrigger verify-install',
      ],
      ...(hasProfiles
        ? {
            note: 'ServiceProfiles go with Linkerd and come back: their routes, timeouts and retries are not in force for the seconds between.',
          }
        : {}),
    },
  ];
}

/** Linkerd takes the definition with it, and that all resources of it. */
const savedProfiles = [
  'kubectl get crd serviceprofiles.linkerd.io -o yaml > linkerd-kinds.yaml',
  'kubectl get serviceprofiles.linkerd.io -A -o yaml > linkerd-resources.yaml',
];
const restoredProfiles = [
  'kubectl apply -f linkerd-kinds.yaml',
  'kubectl wait --for=condition=Established crd/serviceprofiles.linkerd.io',
  'kubectl apply -f linkerd-resources.yaml',
];
