import { type InstalledRevisions, knowing } from '../../model/installed-revisions.ts';
import type {
  NamespacedObject,
  NamespaceFacts,
  NodeFacts,
  Pod,
  ProxyConfigLayers,
  StoppedInjection,
} from '../../model/pod.ts';
import type { InjectionSettings } from './settings.ts';

/** A pod that asks for admission, and what is known around it. `pod` is never changed. */
export interface InjectRequest {
  readonly pod: Pod;
  readonly namespace: NamespaceFacts;
  readonly nodes: readonly NodeFacts[];
  readonly proxyConfigs?: ProxyConfigLayers | undefined;
  readonly bootstrapFilters?: readonly NamespacedObject[] | undefined;
  readonly stopped?: StoppedInjection | undefined;
  /** Istio's `/inject/cluster/<id>/net/<network>/KEY/value` of the webhook URL. */
  readonly urlParameters?: Readonly<Record<string, string>>;
  /** The tag whose webhook asks: it is one of this revision, whatever the settings know of it. */
  readonly tag?: string | undefined;
  /** What else is known of the control planes of the cluster. */
  readonly installed?: InstalledRevisions | undefined;
}

/** What the checks of the decision look at: the request, flattened. */
export interface PodFacts {
  readonly settings: InjectionSettings;
  readonly namespace: string;
  readonly hostNetwork: boolean;
  readonly containerNames: readonly string[];
  readonly podLabels: Readonly<Record<string, string>>;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly namespaceAnnotations: Readonly<Record<string, string>>;
  readonly stopped?: StoppedInjection | undefined;
}

export function gatherFacts(request: InjectRequest, settings: InjectionSettings): PodFacts {
  const { metadata, spec } = request.pod;
  const { tag, installed } = request;
  const informed = installed === undefined ? settings : knowing(settings, installed);
  return {
    settings: tag === undefined ? informed : { ...informed, tags: { ...informed.tags, [tag]: settings.revision } },
    namespace: request.namespace.name,
    hostNetwork: spec.hostNetwork === true,
    containerNames: [...(spec.initContainers ?? []), ...spec.containers].map((container) => container.name),
    podLabels: metadata.labels ?? {},
    podAnnotations: metadata.annotations ?? {},
    namespaceLabels: request.namespace.labels,
    namespaceAnnotations: request.namespace.annotations,
    stopped: request.stopped,
  };
}
