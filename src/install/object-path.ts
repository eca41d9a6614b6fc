import type { KubernetesObject } from './kubernetes-object.ts';

/** Where the API has a kind that an installation is made of. */
interface KindPlace {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const place = (apiVersion: string, plural: string, namespaced = true): KindPlace => ({
  apiVersion,
  plural,
  namespaced,
});

/** In the order in which `uninstall` removes them: what is called goes after what calls it. */
export const kindPlaces = {
  MutatingWebhookConfiguration: place('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations', false),
  ValidatingWebhookConfiguration: place('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', false),
  HorizontalPodAutoscaler: place('autoscaling/v2', 'horizontalpodautoscalers'),
  Deployment: place('apps/v1', 'deployments'),
  PodDisruptionBudget: place('policy/v1', 'poddisruptionbudgets'),
  Service: place('v1', 'services'),
  NetworkPolicy: place('networking.k8s.io/v1', 'networkpolicies'),
  ConfigMap: place('v1', 'configmaps'),
  RoleBinding: place('rbac.authorization.k8s.io/v1', 'rolebindings'),
  Role: place('rbac.authorization.k8s.io/v1', 'roles'),
  ClusterRoleBinding: place('rbac.authorization.k8s.io/v1', 'clusterrolebindings', false),
  ClusterRole: place('rbac.authorization.k8s.io/v1', 'clusterroles', false),
  ServiceAccount: place('v1', 'serviceaccounts'),
  ValidatingAdmissionPolicyBinding: place(
    'admissionregistration.k8s.io/v1',
    'validatingadmissionpolicybindings',
    false,
  ),
  ValidatingAdmissionPolicy: place('admissionregistration.k8s.io/v1', 'validatingadmissionpolicies', false),
  CustomResourceDefinition: place('apiextensions.k8s.io/v1', 'customresourcedefinitions', false),
  Namespace: place('v1', 'namespaces', false),
  Secret: place('v1', 'secrets'),
  Lease: place('coordination.k8s.io/v1', 'leases'),
  Pod: place('v1', 'pods'),
} as const satisfies Record<string, KindPlace>;

export type KnownKind = keyof typeof kindPlaces;

/** The kinds that manifests are made of. */
export function placeOf(kind: string): KindPlace {
  const found = Object.hasOwn(kindPlaces, kind) ? kindPlaces[kind as KnownKind] : undefined;
  if (found === undefined) throw new Error(`the place of ${kind} in the API is not listed in object-path.ts`);
  return found;
}

/** `/apis/apps/v1/namespaces/x/deployments`; without a namespace that of all of them. */
export function collectionPath(kind: KnownKind, namespace?: string): string {
  const { apiVersion, plural, namespaced } = placeOf(kind);
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced && namespace !== undefined ? `${base}/namespaces/${namespace}/${plural}` : `${base}/${plural}`;
}

export function objectPath({ kind, metadata }: Pick<KubernetesObject, 'kind' | 'metadata'>): string {
  return `${collectionPath(kind as KnownKind, metadata.namespace)}/${metadata.name}`;
}

/** As people write it: `Deployment outrigger-system/outrigger`. */
export function titleOf({ kind, metadata }: Pick<KubernetesObject, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}
