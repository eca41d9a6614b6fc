import { objectsAt, textAt, textMapAt } from '../registry/json-fields.ts';
import { apiGateway, istioGatewayController } from '../schema/dialect-kinds.ts';
import type { MigrationInput } from './migration-input.ts';
import type { MigrationStep } from './report.ts';
import { byNamespace, podsWith } from './workloads.ts';

const revision = 'outrigger';
const gatewayNamespace = 'outrigger-gateways';

/** Beside Istio, one namespace after the other; each step can be taken back until the last. */
export function istioSteps(input: MigrationInput): readonly MigrationStep[] {
  const { objects, values } = input;
  const counted = byNamespace(podsWith(objects, 'istio-proxy'));
  const install = installCommand(objects, values);
  return [
    {
      title: 'Share the root of Istio, so that pods of both meshes trust each other while the move lasts',
      commands: ['kubectl create namespace outrigger-system', sharedRoot],
      note: "It is taken from cacerts, or from istio-ca-secret where Istio made its own. The trust domain has to be Istio's (mesh.trustDomain, cluster.local by default).",
    },
    {
      title: 'Install Outrigger beside Istio, as a revision that takes no namespace yet',
      commands: [
        `outrigger check --pre --revision ${revision}`,
        ...(hasInjectorValues(values) ? [injectorValues] : []),
        install,
      ],
      ...(values.length > 0 ? { note: 'The ConfigMap istio of istio-system is followed.' } : {}),
    },
    ...namespacesInOrder(objects, counted).map((namespace) => ({
      title: `Move ${namespace}${podsOf(counted, namespace)}`,
      commands: [
        `kubectl label namespace ${namespace} istio-injection- istio.io/rev=${revision} --overwrite`,
        `kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
        `kubectl rollout status deployment,statefulset,daemonset -n ${namespace} --timeout=10m`,
        `outrigger proxy-status -n ${namespace}`,
        `outrigger analyze -n ${namespace}`,
      ],
      note: 'Back: the label as it was, and another rollout restart.',
    })),
    ...movedIngress(objects),
    ...sharedGateways(objects),
    {
      title: 'Take Istio out and let Outrigger answer for istio-injection',
      commands: [
        'kubectl get istio-io -A -o yaml > istio-resources.yaml',
        'istioctl uninstall --purge -y',
        install,
        `outrigger tag set default --revision ${revision}`,
        `outrigger verify-install --revision ${revision}`,
      ],
      note: 'Where Istio takes its CustomResourceDefinitions with it the resources go, too: install puts the definitions back, and `kubectl apply -f istio-resources.yaml` the resources.',
    },
  ];
}

/** Both kinds of Secret have the same names of files; Istio leaves the chain and the root of its own one empty. */
const sharedRoot = [
  'kubectl get -n istio-system "$(kubectl get secret -n istio-system cacerts istio-ca-secret --ignore-not-found -o name | head -n 1)"',
  `-o go-template='{"apiVersion":"v1","kind":"Secret","metadata":{"name":"cacerts","namespace":"outrigger-system"},"data":{${[
    ...['"ca-cert.pem":"{{index .data "ca-cert.pem"}}"', '"ca-key.pem":"{{index .data "ca-key.pem"}}"'],
    ...['cert-chain.pem', 'root-cert.pem'].map(
      (file) => `"${file}":"{{or (index .data "${file}") (index .data "ca-cert.pem")}}"`,
    ),
  ].join(',')}}}'`,
  '| kubectl apply -f -',
].join(' ');

const injectorValues = `printf '{"values": %s}' "$(kubectl get configmap istio-sidecar-injector -n istio-system -o jsonpath='{.data.values}')" > istio-values.json`;
const hasInjectorValues = (values: MigrationInput['values']): boolean =>
  values.some(({ key }) => key.startsWith('values.'));

/** Istio's own gateways have the names of ours: beside them ours are in a namespace of their own. */
function installCommand(objects: MigrationInput['objects'], values: MigrationInput['values']): string {
  const gateways =
    ingressServices(objects).length > 0 ? ` --set profile=default,gateways.namespace=${gatewayNamespace}` : '';
  return `outrigger install --revision ${revision}${hasInjectorValues(values) ? ' -f istio-values.json' : ''}${gateways} -y`;
}

function ingressServices(objects: MigrationInput['objects']) {
  return objects.filter(
    ({ kind, object }) => kind === 'Service' && textAt(object, 'metadata', 'labels', 'istio').endsWith('gateway'),
  );
}

function namespacesInOrder(
  objects: MigrationInput['objects'],
  counted: readonly { readonly namespace: string }[],
): readonly string[] {
  const labelled = objects
    .filter(({ kind, object }) => kind === 'Namespace' && isInjected(textMapAt(object, 'metadata', 'labels')))
    .map(({ name }) => name);
  const rest = labelled.filter((name) => !counted.some(({ namespace }) => namespace === name)).sort();
  const ofGateways = new Set(ingressServices(objects).map(({ namespace }) => namespace));
  return [...counted.map(({ namespace }) => namespace).filter((name) => !ofGateways.has(name)), ...rest].filter(
    (name) => name !== 'istio-system',
  );
}

/** Gateways select pods by label wherever those are; their certificates are read beside the pods. */
function movedIngress(objects: MigrationInput['objects']): readonly MigrationStep[] {
  const [service] = ingressServices(objects);
  if (service === undefined) return [];
  const names = objects
    .filter(({ kind }) => kind === 'Gateway')
    .flatMap(({ object }) => objectsAt(object, 'spec', 'servers'))
    .map((server) => textAt(server, 'tls', 'credentialName'));
  const secrets = [...new Set(names)].filter((name) => name !== '').sort();
  const { namespace } = service;
  return [
    {
      title: `Move the ingress: the gateway in ${gatewayNamespace} serves the same Gateways as the one in ${namespace}`,
      commands: [
        ...secrets.map(
          (name) =>
            `kubectl get secret ${name} -n ${namespace} -o yaml | sed "s/^  namespace: .*/  namespace: ${gatewayNamespace}/" | kubectl apply -f -`,
        ),
        `kubectl rollout status deployment -n ${gatewayNamespace} --timeout=10m`,
        `kubectl get service -n ${gatewayNamespace}`,
      ],
      note: `Point DNS to the address of the Service that the last line shows, and wait until nobody asks the one in ${namespace} any more. Gateways that select by other labels than istio: ingressgateway need them on the pods, too. Back: DNS as it was.`,
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
