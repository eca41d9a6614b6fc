import { linkerdCatalogue } from '../inject/render/linkerd/catalogue.ts';
import { inIstiosWords } from '../inject/render/linkerd/translate.ts';
import { textMapAt } from '../registry/json-fields.ts';
import { linkerdSteps } from './linkerd-steps.ts';
import { type MigrationInput, placeOf } from './migration-input.ts';
import { aboutAnnotation, gathered, joinParts, type MigrationParts, type MigrationReport } from './report.ts';
import { type Advice, resources } from './resources.ts';
import { type PodLike, podsWith, workloadsOf } from './workloads.ts';

const authorization = 'write an AuthorizationPolicy (security.istio.io); until then everybody may call';

const advice: Advice = {
  'policy.linkerd.io Server': `the protocol of a port comes from its name at the Service; ${authorization}`,
  'policy.linkerd.io ServerAuthorization': authorization,
  'policy.linkerd.io AuthorizationPolicy': `it is not the kind of Istio's API: ${authorization}`,
  'policy.linkerd.io MeshTLSAuthentication': 'write its identities as principals of an AuthorizationPolicy',
  'policy.linkerd.io NetworkAuthentication': 'write its networks as ipBlocks of an AuthorizationPolicy',
  'policy.linkerd.io HTTPRoute': 'write it with apiVersion gateway.networking.k8s.io/v1',
  'policy.linkerd.io HTTPLocalRateLimitPolicy': 'write a RateLimit (outrigger.io)',
  'policy.linkerd.io ConcurrencyLimitPolicy': 'write a DestinationRule with a connectionPool',
  'policy.linkerd.io EgressNetwork': 'write ServiceEntries, and outboundTrafficPolicy in a Sidecar',
  'workload.linkerd.io ExternalWorkload': 'write a WorkloadEntry: outrigger workload entry configure',
  'multicluster.linkerd.io Link': 'several clusters in one mesh are not there yet',
  'linkerd.io ServiceProfile': 'only v1alpha1 and v1alpha2 are read',
  'access.smi-spec.io TrafficTarget': authorization,
};

const groups = new Set([
  ...['linkerd.io', 'policy.linkerd.io', 'workload.linkerd.io', 'multicluster.linkerd.io', 'split.smi-spec.io'],
  ...['specs.smi-spec.io', 'access.smi-spec.io', 'gateway.networking.k8s.io'],
]);

/** From Linkerd: its resources, annotations and SMI's, and the way there. */
export function migrateFromLinkerd(input: MigrationInput): MigrationReport {
  const pods = workloadsOf(input.objects);
  const asked = [...pods, ...namespacesOf(input)];
  const parts = joinParts([
    resources(input, (group) => groups.has(group), advice),
    injection(asked),
    annotations(asked),
    services(input),
  ]);
  return {
    from: 'linkerd',
    ...parts,
    steps: linkerdSteps(
      podsWith(input.objects, 'linkerd-proxy'),
      namespacesOf(input),
      input.objects.some(({ kind }) => kind === 'ServiceProfile'),
    ),
  };
}

/** A namespace as what is annotated: its annotations are for its pods. */
function namespacesOf({ objects }: MigrationInput): PodLike[] {
  return objects
    .filter(({ kind }) => kind === 'Namespace')
    .map(({ kind, name, object }) => ({
      ...{ kind, namespace: '', name, containers: [] },
      annotations: textMapAt(object, 'metadata', 'annotations'),
      labels: textMapAt(object, 'metadata', 'labels'),
    }));
}

const placed = (pod: PodLike) => `${pod.kind} ${placeOf(pod)}`;

function injection(asked: readonly PodLike[]): Partial<MigrationParts> {
  const having = asked.filter(({ annotations: all }) => Object.hasOwn(all, 'linkerd.io/inject'));
  return {
    unchanged: gathered(
      having.map((pod) => ({
        subject: `linkerd.io/inject: ${pod.annotations['linkerd.io/inject']}`,
        ...{ text: 'decides here, too', place: placed(pod) },
      })),
    ),
  };
}

/** As injection reads them: a value that is none counts as one without effect. */
function annotations(asked: readonly PodLike[]): Partial<MigrationParts> {
  const namespace = { name: '', labels: {}, annotations: {} };
  const told = asked.map((pod) => {
    const asPod = { metadata: { annotations: { ...pod.annotations } }, spec: { containers: [] } };
    return { pod, warnings: inIstiosWords({ pod: asPod, namespace, nodes: [] }).warnings };
  });
  const works = ({ pod, warnings }: (typeof told)[number]) =>
    Object.keys(pod.annotations).filter(
      (key) =>
        Object.hasOwn(linkerdCatalogue, key) &&
        linkerdCatalogue[key]?.state === 'works' &&
        !warnings.some((text) => text.includes(`${key}:`) || text.includes(`${key} `)),
    );
  const all = told.flatMap(({ pod, warnings }) =>
    warnings.map((text) => ({ ...aboutAnnotation(text), place: placed(pod) })),
  );
  return {
    unchanged: gathered(
      told.flatMap((one) => works(one).map((key) => ({ subject: key, text: 'works', place: placed(one.pod) }))),
    ),
    differs: gathered(all.filter(({ text }) => !isSecurity(text))),
    unsupported: gathered(all.filter(({ text }) => isSecurity(text))),
  };
}

/** Somebody is kept out by it. */
const isSecurity = (text: string): boolean => text.includes('everybody may call');

function services({ objects }: MigrationInput): Partial<MigrationParts> {
  const key = 'config.linkerd.io/opaque-ports';
  const having = objects.filter(
    ({ kind, apiVersion, object }) =>
      kind === 'Service' && apiVersion === 'v1' && Object.hasOwn(textMapAt(object, 'metadata', 'annotations'), key),
  );
  return {
    unchanged: gathered(having.map((object) => ({ subject: key, text: 'works', place: `Service ${placeOf(object)}` }))),
  };
}
