import type { AnalysisInput, Subject } from '../analysis/analysis-input.ts';
import type { Config } from '../app/config.ts';
import { readTemplateTexts } from '../app/places.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { injectObject, type Surroundings } from '../inject/object-injection.ts';
import type { InjectionSettings } from '../inject/review/settings.ts';
import { asAnyOf, type InstalledRevisions, installedRevisions } from '../model/installed-revisions.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import type { NamespaceFacts } from '../model/pod.ts';
import { delegateProblems } from '../policy/virtual-service/delegate-problems.ts';
import { namespaceFacts } from '../preview/namespace-facts.ts';
import { textAt, textMapAt } from '../registry/json-fields.ts';
import { Registry } from '../registry/registry.ts';
import { scopeOf } from '../source/known-kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
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
  const injection = injectionOf(options, namespaceOf);
  const installed = installedIn(options.objects);
  const inForce = withoutEnded(options.objects, new Date());
  const objects = offline ? offlineMesh(inForce, injection) : inForce;
  const { domainSuffix, rootNamespaces } = settings;
  const registry = new Registry({ domainSuffix, rootNamespaces });
  // Other groups have kinds of the same names.
  const read = objects.filter(({ apiVersion, kind }) => scopeOf(apiVersion, kind) !== undefined);
  registry.apply({ upserts: read, removals: [] });
  const { snapshot } = registry;
  const joint = delegateProblems(snapshot.virtualServices).map(({ origin, message }) => ({
    ...({ severity: 'warning', code: 'OR2408', origin, message } as const),
  }));
  return {
    ...{ snapshot, settings, objects, judged, knows, proxyImage, showsRequests: true },
    problems: [...registry.problems(), ...joint, ...translationProblems(snapshot, settings)],
    revisionNow: revisionNow({ objects: options.objects, settings: options.config.injection, installed, namespaceOf }),
    wouldInject: (pod) => {
      const { outcome } = injectObject(pod.object, injection).results[0] ?? {};
      return outcome?.decision.inject === true ? outcome.decision.message : undefined;
    },
    systemNamespace: options.systemNamespace,
  };
}

/** As the webhook would do it, with the namespaces that are there. */
function injectionOf({ objects, config }: WorldOptions, namespace: (name: string) => NamespaceFacts): Surroundings {
  const nodes = objects
    .filter(({ kind }) => kind === 'Node')
    .map(({ name, object }) => ({ name, kubeletVersion: textAt(object, 'status', 'nodeInfo', 'kubeletVersion') }));
  const flags = { namespace: undefined, labels: undefined, annotations: undefined };
  return {
    injector: buildInjector(ofAnyRevision(config.injection, installedIn(objects)), readTemplateTexts()),
    nodes,
    namespaceOf: namespaceFacts({ namespace }, flags),
  };
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
