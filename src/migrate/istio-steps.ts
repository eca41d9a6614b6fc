import { textAt, textMapAt } from '../registry/json-fields.ts';
import { apiGateway, istioGatewayController } from '../schema/dialect-kinds.ts';
import type { MigrationInput } from './migration-input.ts';
import type { MigrationStep } from './report.ts';
import { byNamespace, podsWith } from './workloads.ts';

/** Beside Istio, one namespace after the other; each step can be taken back until the last. */
export function istioSteps({ objects, values }: MigrationInput): readonly MigrationStep[] {
  const labelled = objects
    .filter(({ kind, object }) => kind === 'Namespace' && isInjected(textMapAt(object, 'metadata', 'labels')))
    .map(({ name }) => name);
  const counted = byNamespace(podsWith(objects, 'istio-proxy'));
  const rest = labelled.filter((name) => !counted.some(({ namespace }) => namespace === name)).sort();
  const order = [...counted.map(({ namespace }) => namespace), ...rest].filter((name) => name !== 'istio-system');
  const gateways = objects.some(
    ({ kind, object }) => kind === 'Service' && textAt(object, 'metadata', 'labels', 'istio').endsWith('gateway'),
  );
  return [
    {
      title: 'Share the root of Istio, so that pods of both meshes trust each other while the move lasts',
      commands: [
        'kubectl create namespace outrigger-system',
        'kubectl get secret cacerts -n istio-system -o yaml | sed "s/namespace: istio-system/namespace: outrigger-system/" | kubectl apply -f -',
      ],
      note: "Where Istio made its own root there is istio-ca-secret instead of cacerts: create the Secret cacerts from its ca-cert.pem and ca-key.pem, with ca-cert.pem as root-cert.pem and cert-chain.pem, too. The trust domain has to be Istio's (mesh.trustDomain, cluster.local by default).",
    },
    {
      title: 'Install Outrigger beside Istio, as a revision that takes no namespace yet',
      commands: [
        'outrigger check --pre',
        `outrigger install --revision outrigger -y${gateways ? ' --set profile=demo' : ''}`,
      ],
      ...(values.length > 0
        ? {
            note: 'The ConfigMap istio of istio-system is followed; the values of the injector are given to install by --istio-values.',
          }
        : {}),
    },
    ...order.map((namespace) => ({
      title: `Move ${namespace}${podsOf(counted, namespace)}`,
      commands: [
        `kubectl label namespace ${namespace} istio-injection- istio.io/rev=outrigger --overwrite`,
        `kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
        `outrigger proxy-status -n ${namespace}`,
        `outrigger analyze -n ${namespace}`,
      ],
      note: `Back: the label as it was, and another rollout restart.`,
    })),
    ...(gateways
      ? [
          {
            title: 'Move the ingress: its Service selects pods by istio: ingressgateway, which both meshes have',
            commands: ['kubectl rollout restart deployment -n istio-system -l istio=ingressgateway'],
            note: 'Label istio-system istio.io/rev=outrigger first where its gateways are injected; else point DNS to the Service of outrigger-system.',
          },
        ]
      : []),
    ...sharedGateways(objects),
    {
      title: 'Take Istio out and let Outrigger answer for istio-injection',
      commands: ['istioctl uninstall --purge -y', 'outrigger install -y', 'outrigger verify-install'],
      note: 'Save the resources first (kubectl get istio-io -A -o yaml): where Istio takes its CustomResourceDefinitions with it they go, too. install puts the definitions back.',
    },
  ];
}

/** Both control planes take Gateways of Istio's classes, and both would write their statuses for as long as both run. */
function sharedGateways(objects: MigrationInput['objects']): readonly MigrationStep[] {
  const classes = objects
    .filter(({ kind, object }) => kind === 'GatewayClass' && isOfIstio(textAt(object, 'spec', 'controllerName')))
    .map(({ name }) => name);
  const gateways = objects.filter(
    ({ kind, object }) =>
      kind === apiGateway && ['istio', ...classes].includes(textAt(object, 'spec', 'gatewayClassName')),
  );
  if (gateways.length === 0) return [];
  const patch = `--type merge -p '{"spec":{"gatewayClassName":"outrigger"}}'`;
  return [
    {
      title: `Give the Gateways of Gateway API to one of the two, one after the other (${gateways.length} of Istio's classes)`,
      commands: gateways.map(
        ({ namespace, name }) => `kubectl patch gateways.gateway.networking.k8s.io ${name} -n ${namespace} ${patch}`,
      ),
      note: 'Do it when the pods that serve it have moved. Until then both write its status; Outrigger stops after three times in ten minutes, and traffic does not go by it. Istio removes the Deployment that it made for a Gateway: here its listeners are those of the ingress gateway, or of the Service that spec.addresses names. Back: gatewayClassName: istio.',
    },
  ];
}

const isOfIstio = (controller: string): boolean => controller === istioGatewayController;

function isInjected(labels: Readonly<Record<string, string>>): boolean {
  return labels['istio-injection'] === 'enabled' || (labels['istio.io/rev'] ?? '') !== '';
}

function podsOf(counted: readonly { namespace: string; pods: number }[], namespace: string): string {
  const pods = counted.find((one) => one.namespace === namespace)?.pods;
  return pods === undefined ? '' : ` (${pods} ${pods === 1 ? 'pod' : 'pods'} with a sidecar)`;
}
