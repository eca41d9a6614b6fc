import type { AnalysisInput, Subject } from '../analysis/analysis-input.ts';
import { bootstrapPatcher, type TellLeftOut } from '../app/bootstrap-patches.ts';
import type { Config } from '../app/config.ts';
import { readTemplateTexts } from '../app/places.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { injectObject, type Surroundings } from '../inject/object-injection.ts';
import type { InjectionSettings } from '../inject/review/settings.ts';
import { lastingLabels } from '../learning/scope.ts';
import { asAnyOf, type InstalledRevisions, installedRevisions } from '../model/installed-revisions.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { printOrigin } from '../model/origin.ts';
import type { NamespaceFacts } from '../model/pod.ts';
import { delegateProblems } from '../policy/virtual-service/delegate-problems.ts';
import { namespaceFacts } from '../preview/namespace-facts.ts';
import { textAt, textMapAt } from '../registry/json-fields.ts';
import { Registry } from '../registry/registry.ts';
import type { RegistryProblem } from '../registry/registry-problem.ts';
import { BootstrapFilters } from '../source/bootstrap-filters.ts';
import { scopeOf } from '../source/known-kinds.ts';
import { type ObjectSource, objectKey, type SourceObject } from '../source/object-source.ts';
import { withoutEnded } from './in-force.ts';
import { offlineMesh } from './offline-mesh.ts';
import { revisionNow } from './revision-now.ts';
import { translationProblems } from './translation-problems.ts';

export interface WorldOptions {
  readonly objects: readonly SourceObject[];
  readonly config: Config;
  readonly settings: MeshSettings;
  readonly judged: Subject;
  readonly knows: AnalysisInput['knows'];
  /** Workloads of files are made pods of; a cluster has its pods. */
  readonly offline: boolean;
  readonly proxyImage: string;
  readonly systemNamespace: string;
}

/** What is analyzed, from the objects of files or of a cluster. */
export function analysisWorld(options: WorldOptions): AnalysisInput {
  const { settings, judged, knows, offline, proxyImage } = options;
  const namespaceOf = namespacesOf(options.objects);
  const leftOut: RegistryProblem[] = [];
  const injection = injectionOf(options, namespaceOf, (message, origin) => {
    // Injection knows of no files.
    const { origin: placed = origin } = options.objects.find((one) => objectKey(one) === objectKey(origin)) ?? {};
    leftOut.push({ severity: 'warning', code: 'OR2456', message, origin: { ...placed, field: origin.field } });
  });
  const installed = installedIn(options.objects);
  const inForce = withoutEnded(options.objects, new Date());
  const objects = offline ? offlineMesh(inForce, injection) : inForce;
  const { domainSuffix, rootNamespaces } = settings;
  const registry = new Registry({ domainSuffix, rootNamespaces });
  // Other groups have kinds of the same names.
  const read = objects.filter(({ apiVersion, kind }) => scopeOf(apiVersion, kind) !== undefined);
  registry.apply({ upserts: read, removals: [] });
  const { snapshot } = registry;
  injectOnce(objects, injection);
  const joint = delegateProblems(snapshot.virtualServices).map(({ origin, message }) => ({
    ...({ severity: 'warning', code: 'OR2408', origin, message } as const),
  }));
  return {
    ...{ snapshot, settings, objects, judged, knows, proxyImage, showsRequests: true },
    problems: [...registry.problems(), ...joint, ...each([...translationProblems(snapshot, settings), ...leftOut])],
    revisionNow: revisionNow({ objects: options.objects, settings: options.config.injection, installed, namespaceOf }),
    wouldInject: (pod) => {
      const { outcome } = injectObject(pod.object, injection).results[0] ?? {};
      return outcome?.decision.inject === true ? outcome.decision.message : undefined;
    },
    systemNamespace: options.systemNamespace,
  };
}

/** As the webhook would do it, with the namespaces that are there. */
function injectionOf(
  { objects, config, settings: { rootNamespaces } }: WorldOptions,
  namespace: (name: string) => NamespaceFacts,
  tellLeftOut: TellLeftOut,
): Surroundings {
  const nodes = objects
    .filter(({ kind }) => kind === 'Node')
    .map(({ name, object }) => ({ name, kubeletVersion: textAt(object, 'status', 'nodeInfo', 'kubeletVersion') }));
  const flags = { namespace: undefined, labels: undefined, annotations: undefined };
  const settings = ofAnyRevision(config.injection, installedIn(objects));
  const filters = new BootstrapFilters({ follow: allOf(objects) }, rootNamespaces);
  return {
    injector: buildInjector(settings, readTemplateTexts(), bootstrapPatcher(rootNamespaces, tellLeftOut)),
    nodes,
    bootstrapFiltersOf: (name) => filters.of(name),
    namespaceOf: namespaceFacts({ namespace }, flags),
  };
}

function allOf(upserts: readonly SourceObject[]): ObjectSource['onObjects'] {
  return (listener) => {
    listener({ upserts, removals: [] });
    return () => {};
  };
}

/** So many workloads are looked at: pods of one are alike. */
const mostWorkloads = 200;

/** What is left out of the bootstraps of pods is found by injecting them, one of each workload that such a patch may be for. */
function injectOnce(objects: readonly SourceObject[], injection: Surroundings): void {
  const patched = objects.filter(
    ({ kind, namespace }) => kind === 'Pod' && injection.bootstrapFiltersOf?.(namespace) !== undefined,
  );
  const one = new Map(
    patched.map((pod) => [
      JSON.stringify([pod.namespace, lastingLabels(textMapAt(pod.object, 'metadata', 'labels'))]),
      pod,
    ]),
  );
  for (const { object } of [...one.values()].slice(0, mostWorkloads)) injectObject(object, injection);
}

/** The same of several pods is one. */
function each(problems: readonly RegistryProblem[]): readonly RegistryProblem[] {
  return [...new Map(problems.map((one) => [`${printOrigin(one.origin)} ${one.message}`, one])).values()];
}

/** The mesh as a whole is asked, whichever control plane the settings were read from. */
function ofAnyRevision(settings: InjectionSettings, installed: InstalledRevisions): InjectionSettings {
  return installed.revisions.length === 0 ? settings : asAnyOf({ ...settings, revision: 'default' }, installed);
}

function namespacesOf(objects: readonly SourceObject[]): (name: string) => NamespaceFacts {
  const namespaces = new Map(
    objects.filter(({ kind }) => kind === 'Namespace').map((object) => [object.name, factsOf(object)]),
  );
  return (name) => namespaces.get(name) ?? { name, labels: {}, annotations: {} };
}

/** Revisions and tags, as the webhooks among the objects say. */
export function installedIn(objects: readonly SourceObject[]): InstalledRevisions {
  return installedRevisions(
    objects.filter(({ kind }) => kind === 'MutatingWebhookConfiguration').map(({ object }) => object),
  );
}

function factsOf({ name, object }: SourceObject): NamespaceFacts {
  return {
    name,
    labels: { 'kubernetes.io/metadata.name': name, ...textMapAt(object, 'metadata', 'labels') },
    annotations: textMapAt(object, 'metadata', 'annotations'),
  };
}
