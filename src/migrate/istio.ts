import { annotationCatalogue } from '../inject/render/annotation-catalogue.ts';
import { annotationWarnings } from '../inject/render/annotation-warnings.ts';
import { textAt, textMapAt } from '../registry/json-fields.ts';
import { apiGateway } from '../schema/dialect-kinds.ts';
import { istioSteps } from './istio-steps.ts';
import { type MigrationInput, placeOf } from './migration-input.ts';
import { aboutAnnotation, gathered, joinParts, type MigrationParts, type MigrationReport } from './report.ts';
import { type Advice, resources } from './resources.ts';
import { type PodLike, workloadsOf } from './workloads.ts';

const advice: Advice = {
  'extensions.istio.io WasmPlugin':
    'it is not read: an EnvoyFilter can add the filter envoy.filters.http.wasm with code that the proxy fetches itself (code.remote with its sha256), an external authorizer decides over requests (AuthorizationPolicy with action CUSTOM)',
  'extensions.istio.io TrafficExtension': 'an EnvoyFilter adds a filter that Envoy has',
  'install.istio.io IstioOperator':
    'outrigger install -f FILE takes the file as it is, and says what of it has no meaning here',
};

/** From Istio: its resources, settings, labels and annotations, and how to get there without a failed request. */
export function migrateFromIstio(input: MigrationInput): MigrationReport {
  const pods = workloadsOf(input.objects);
  const parts = joinParts([
    resources(input, (group) => group.endsWith('istio.io') || group === 'gateway.networking.k8s.io', advice),
    namespaces(input),
    settings(input),
    annotations(pods, input.refusal),
    waypoints(input),
  ]);
  return { from: 'istio', ...parts, steps: istioSteps(input) };
}

function namespaces({ objects }: MigrationInput): Partial<MigrationParts> {
  const all = objects.filter(({ kind }) => kind === 'Namespace');
  const labelled = all.map(({ name, object }) => ({ name, labels: textMapAt(object, 'metadata', 'labels') }));
  const having = (key: string) => labelled.filter(({ labels }) => (labels[key] ?? '') !== '');
  return {
    unchanged: gathered(
      having('istio-injection').map(({ name, labels }) => ({
        subject: `istio-injection=${labels['istio-injection']}`,
        ...{ text: 'decides here, too', place: name },
      })),
    ),
    differs: gathered(
      having('istio.io/rev').map(({ name, labels }) => ({
        subject: `istio.io/rev=${labels['istio.io/rev']}`,
        text: 'a revision of Istio: label the namespace with the revision of Outrigger when it moves',
        place: name,
      })),
    ),
    unsupported: gathered(
      labelled
        .filter(({ labels }) => labels['istio.io/dataplane-mode'] === 'ambient')
        .map(({ name }) => ({
          subject: 'istio.io/dataplane-mode=ambient',
          text: 'there is no ambient mode: label the namespace istio-injection=enabled and restart its pods',
          place: name,
        })),
    ),
  };
}

function settings({ values }: MigrationInput): Partial<MigrationParts> {
  const item = ({ key, text }: { key: string; text: string }) => ({ subject: key, text, places: [] });
  return {
    unchanged: values.filter(({ state }) => state === 'mapped').map(item),
    differs: values.filter(({ state }) => state === 'reported').map(item),
  };
}

function annotations(pods: readonly PodLike[], refusal: MigrationInput['refusal']): Partial<MigrationParts> {
  const works = (key: string) =>
    annotationCatalogue[key]?.state === 'works' && !annotationCatalogue[key].text.startsWith('Written');
  const refused = pods.flatMap((pod) => {
    const text = refusal(pod.annotations);
    return text === undefined ? [] : [{ subject: 'annotations', text, place: `${pod.kind} ${placeOf(pod)}` }];
  });
  const each = pods.flatMap((pod) =>
    Object.keys(pod.annotations).map((key) => ({ key, place: `${pod.kind} ${placeOf(pod)}` })),
  );
  return {
    unchanged: gathered(
      each
        .filter(({ key }) => Object.hasOwn(annotationCatalogue, key) && works(key))
        .map(({ key, place }) => ({ subject: key, text: 'works', place })),
    ),
    unsupported: gathered(refused),
    differs: gathered(
      pods.flatMap((pod) =>
        annotationWarnings(pod.annotations).map((text) => ({
          ...{ ...aboutAnnotation(text), place: `${pod.kind} ${placeOf(pod)}` },
        })),
      ),
    ),
  };
}

function waypoints({ objects }: MigrationInput): Partial<MigrationParts> {
  const found = objects.filter(
    ({ kind, object }) => kind === apiGateway && textAt(object, 'spec', 'gatewayClassName').startsWith('istio-'),
  );
  return {
    unsupported: gathered(
      found.map((object) => ({
        subject: `Gateway of class ${textAt(object.object, 'spec', 'gatewayClassName')}`,
        text: 'waypoints and east-west gateways of ambient mode are not there; sidecars apply the policies of their workloads',
        place: placeOf(object),
      })),
    ),
  };
}
