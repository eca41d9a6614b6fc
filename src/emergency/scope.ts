import type { emergencyLevels } from '../schema/emergency/emergency.ts';

export type EmergencyLevel = (typeof emergencyLevels)[number];

/** What an emergency is for: an Emergency of this namespace with this selector. */
export interface Scope {
  /** As a person says it: `the mesh`, `namespace shop`, `deployment shop/cart`. */
  readonly title: string;
  readonly namespace: string;
  /** None: all pods of the namespace, or of the mesh in a root namespace. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Part of the name of the object. */
  readonly slug: string;
}

/** A name that somebody typed. */
export type Target =
  | { readonly kind: 'mesh' }
  | { readonly kind: 'namespace'; readonly name: string }
  | { readonly kind: 'workload'; readonly plural: WorkloadPlural; readonly name: string }
  /** A workload of the namespace, else a namespace. */
  | { readonly kind: 'name'; readonly name: string };

export type WorkloadPlural = 'deployments' | 'statefulsets' | 'daemonsets';

const plurals: Readonly<Record<string, WorkloadPlural>> = {
  ...{ deploy: 'deployments', deployment: 'deployments', deployments: 'deployments' },
  ...{ sts: 'statefulsets', statefulset: 'statefulsets', statefulsets: 'statefulsets' },
  ...{ ds: 'daemonsets', daemonset: 'daemonsets', daemonsets: 'daemonsets' },
};

const namePattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** `mesh`, `ns/shop`, `deploy/cart`, `cart`; undefined for what can be none of these. Pure. */
export function parseTarget(text: string): Target | undefined {
  if (text === 'mesh') return { kind: 'mesh' };
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  if (!namePattern.test(name)) return undefined;
  if (slash < 0) return { kind: 'name', name };
  const kind = text.slice(0, slash).toLowerCase();
  if (['ns', 'namespace', 'namespaces'].includes(kind)) return { kind: 'namespace', name };
  const plural = plurals[kind];
  return plural === undefined ? undefined : { kind: 'workload', plural, name };
}

/** The object that declares it. `ttl` as it was given: `15m`. Pure. */
export function emergencyObject(scope: Scope, given: Declaration) {
  const { level, ttl, reason, by } = given;
  return {
    apiVersion: 'outrigger.io/v1alpha1',
    kind: 'Emergency',
    metadata: { generateName: `${level}-${scope.slug.slice(0, 200)}-`, namespace: scope.namespace },
    spec: {
      ...(scope.labels === undefined ? {} : { selector: { matchLabels: scope.labels } }),
      ...{ level, ttl, reason },
      ...(by === '' ? {} : { by }),
    },
  };
}

export interface Declaration {
  readonly level: EmergencyLevel;
  readonly ttl: string;
  readonly reason: string;
  /** '' where the API server does not say who somebody is. */
  readonly by: string;
}
