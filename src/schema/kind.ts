import { type Static, type TSchema, Type } from 'typebox';
import { int32, mapOf, message, text } from './build.ts';
import type { Report } from './problem.ts';

/** A column of `kubectl get`. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'date';
  readonly description: string;
  readonly jsonPath: string;
}

/** All that is known of a kind: its names in Kubernetes and the one schema of all its versions. */
export interface KindDefinition<K extends string = string, S extends TSchema = TSchema> {
  readonly group: string;
  readonly kind: K;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  /** Every version is served; the first is the newest. */
  readonly versions: readonly string[];
  readonly storage: string;
  readonly scope: 'Namespaced' | 'Cluster';
  readonly spec: S;
  readonly columns: readonly Column[];
  /** A rule on a spec without errors that depends on the namespace of the resource; not asked where that is not said. */
  check?(spec: Static<S>, namespace: string, report: Report): void;
}

export const define = <const K extends string, S extends TSchema>(definition: KindDefinition<K, S>) => definition;

export const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  description: 'Time since it was made.',
  jsonPath: '.metadata.creationTimestamp',
};

export const column = (name: string, jsonPath: string, description: string): Column => ({
  ...{ name, type: 'string', description, jsonPath },
});

/** What is common to the kinds of a group. */
export const networking = {
  group: 'networking.istio.io',
  categories: ['istio-io', 'networking-istio-io'],
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  storage: 'v1',
  scope: 'Namespaced',
} as const;

export const security = {
  group: 'security.istio.io',
  categories: ['istio-io', 'security-istio-io'],
  versions: ['v1', 'v1beta1'],
  storage: 'v1',
  scope: 'Namespaced',
} as const;

export const telemetry = {
  group: 'telemetry.istio.io',
  categories: ['istio-io', 'telemetry-istio-io'],
  versions: ['v1', 'v1alpha1'],
  storage: 'v1',
  scope: 'Namespaced',
} as const;

/** Kinds of our own. */
export const outrigger = {
  group: 'outrigger.io',
  categories: ['outrigger-io'],
  versions: ['v1alpha1'],
  storage: 'v1alpha1',
  scope: 'Namespaced',
} as const;

const MetadataSchema = message(
  {
    namespace: text('Its namespace.'),
    uid: text('Its identity.'),
    resourceVersion: text('Its version.'),
    generation: int32('How often its spec changed.'),
    creationTimestamp: text('When it was made.'),
    labels: mapOf(Type.String(), 'Its labels.'),
    annotations: mapOf(Type.String(), 'Its annotations.'),
  },
  { description: 'Object metadata.', needs: { name: text('Its name.') }, open: true },
);
export type Metadata = Static<typeof MetadataSchema>;

/** A resource around its spec, which is compared on its own. */
export const EnvelopeSchema = message(
  { spec: Type.Unknown(), status: Type.Unknown() },
  {
    description: 'A resource.',
    needs: { apiVersion: text('Group and version.'), kind: text('Kind.'), metadata: MetadataSchema },
  },
);
