import type { JsonObject } from '../../model/json.ts';
import { withImageType } from '../../model/proxy-image.ts';
import { checkSize } from '../review/limits.ts';
import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';
import { AnnotationReader } from './annotation-reader.ts';
import { annotationWarnings } from './annotation-warnings.ts';
import { identityAnnotation } from './bootstrap-socket.ts';
import { type CaptureOptions, readCapture } from './capture-options.ts';
import { inIstiosWords } from './linkerd/translate.ts';
import { checkComponentLevels, checkLogLevel } from './log-levels.ts';
import { wantsNativeSidecar } from './native.ts';
import {
  checkAddress,
  decodeProxyConfig,
  mergeProxyConfigs,
  type ProxyConfig,
  parseProxyConfig,
  proxyConfigKey,
  proxyConfigWarnings,
} from './proxy-config.ts';
import { type ProxyUser, proxyUser } from './proxy-user.ts';
import { type Resources, readResources } from './resources.ts';
import { readStatsInclusion, type StatsInclusion } from './stats-inclusion.ts';
import { readStatusPort } from './status-port.ts';
import { readUserVolumes, type UserVolumes } from './user-volumes.ts';

/** What pod, namespace and mesh together ask of the sidecar; every value checked. */
export interface SidecarOptions {
  readonly templates: readonly string[];
  readonly native: boolean;
  readonly mode: 'REDIRECT' | 'TPROXY' | 'NONE';
  readonly capture: CaptureOptions;
  readonly statusPort: number;
  readonly readiness: {
    readonly initialDelaySeconds: number;
    readonly periodSeconds: number;
    readonly failureThreshold: number;
  };
  readonly resources: Resources;
  readonly image: string;
  readonly logLevel: string;
  readonly componentLogLevel: string;
  readonly bootstrapOverride: string | undefined;
  readonly userVolumes: UserVolumes;
  readonly capNetBindService: boolean;
  readonly rewriteProbes: boolean;
  readonly mergeMetrics: boolean;
  readonly hold: boolean;
  readonly discoveryAddress: string;
  /** Where certificate and roots come from. */
  readonly identity: 'mesh' | 'spire';
  readonly statsInclusion: StatsInclusion;
  readonly proxyConfig: ProxyConfig;
  readonly user: ProxyUser;
}

/** @throws OutriggerError OR12xx or OR14xx for a value that refuses the pod. */
export function readOptions(
  asked: InjectRequest,
  settings: InjectionSettings,
): { options: SidecarOptions; warnings: string[] } {
  const { request, proxyConfig: linkerds, warnings } = inIstiosWords(asked);
  const annotations = request.pod.metadata.annotations ?? {};
  const reader = new AnnotationReader(annotations);
  checkSize(request.pod);
  const annotated = readAnnotationConfig(reader);
  const { wide = [], own = {} } = request.proxyConfigs ?? {};
  const fields = mergeProxyConfigs([settings.mesh.defaultConfig as JsonObject, ...wide, linkerds, annotated, own]);
  const proxyConfig = decodeProxyConfig(fields);
  const options: SidecarOptions = {
    templates: readTemplates(reader, settings),
    native: wantsNativeSidecar(request, settings),
    mode:
      reader.oneOf('sidecar.istio.io/interceptionMode', ['REDIRECT', 'TPROXY', 'NONE']) ?? proxyConfig.interceptionMode,
    capture: readCapture(reader, settings),
    statusPort: readStatusPort(reader, settings, request.pod),
    readiness: {
      initialDelaySeconds:
        reader.uint('readiness.status.sidecar.istio.io/initialDelaySeconds', 32) ??
        settings.proxy.readinessInitialDelaySeconds,
      periodSeconds:
        reader.uint('readiness.status.sidecar.istio.io/periodSeconds', 32) ?? settings.proxy.readinessPeriodSeconds,
      failureThreshold:
        reader.uint('readiness.status.sidecar.istio.io/failureThreshold', 32) ??
        settings.proxy.readinessFailureThreshold,
    },
    resources: readResources(request, settings),
    image: readImage(reader, settings, proxyConfig),
    logLevel: readLevel(reader, 'logLevel', settings.proxy.logLevel, checkLogLevel),
    componentLogLevel: readLevel(reader, 'componentLogLevel', settings.proxy.componentLogLevel, checkComponentLevels),
    bootstrapOverride: reader.matching('sidecar.istio.io/bootstrapOverride', objectName, 'the name of a ConfigMap'),
    userVolumes: readUserVolumes(reader),
    capNetBindService: reader.bool('sidecar.istio.io/capNetBindService') ?? settings.proxy.capNetBindService,
    rewriteProbes: reader.bool('sidecar.istio.io/rewriteAppHTTPProbers') ?? settings.rewriteAppHTTPProbe,
    mergeMetrics: reader.bool('prometheus.istio.io/merge-metrics') ?? settings.mesh.enablePrometheusMerge,
    hold: settings.proxy.holdApplicationUntilProxyStarts || proxyConfig.holdApplicationUntilProxyStarts,
    discoveryAddress: readDiscovery(reader, settings, proxyConfig),
    identity: reader.oneOf(identityAnnotation, ['mesh', 'spire']) ?? settings.proxy.identity,
    statsInclusion: readStatsInclusion(reader),
    proxyConfig,
    user: proxyUser(request.namespace, settings),
  };
  return {
    options,
    warnings: [
      ...annotationWarnings(annotations),
      ...warnings,
      ...valueWarnings(reader),
      ...proxyConfigWarnings(annotated),
    ],
  };
}

/** Values that have another meaning than their author may think. */
function valueWarnings(reader: AnnotationReader): string[] {
  const native = reader.text('sidecar.istio.io/nativeSidecar');
  const image = reader.text('sidecar.istio.io/proxyImage');
  return [
    ...(native === undefined || native === 'true' || native === 'false'
      ? []
      : [
          `sidecar.istio.io/nativeSidecar: ${JSON.stringify(native.slice(0, 50))} counts as "true"; "true" and "false" are its values.`,
        ]),
    ...(image === undefined || image.includes('/')
      ? []
      : [
          `sidecar.istio.io/proxyImage: ${JSON.stringify(image.slice(0, 100))} is ignored: an image has to be named with its registry or repository, such as example/proxy:1.`,
        ]),
  ];
}

function readAnnotationConfig(reader: AnnotationReader): JsonObject {
  const text = reader.text(proxyConfigKey);
  return text === undefined ? {} : parseProxyConfig(text);
}

/** A bad level of the settings is found by the same check, when the injector is built. */
function readLevel(
  reader: AnnotationReader,
  name: string,
  fallback: string,
  check: (text: string, at: string) => string,
): string {
  const key = `sidecar.istio.io/${name}`;
  const annotated = reader.text(key);
  return annotated ? check(annotated, reader.at(key)) : check(fallback, `injection.proxy.${name}`);
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const objectName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** More would be rendered one after the other. */
const mostTemplates = 10;

function readTemplates(reader: AnnotationReader, settings: InjectionSettings): string[] {
  const text = reader.text('inject.istio.io/templates');
  const names =
    text === undefined
      ? settings.defaultTemplates
      : text
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '');
  const chosen = [...new Set(names.length > 0 ? names : settings.defaultTemplates)];
  if (chosen.length > mostTemplates)
    throw reader.bad('inject.istio.io/templates', `${mostTemplates} templates at most`);
  return chosen.flatMap((name) =>
    Object.hasOwn(settings.templateAliases, name) ? (settings.templateAliases[name] ?? []) : [name],
  );
}

const imageType = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;

function readImage(reader: AnnotationReader, settings: InjectionSettings, proxyConfig: ProxyConfig): string {
  const annotated = reader.word('sidecar.istio.io/proxyImage');
  if (annotated?.includes('/')) return annotated;
  return withImageType(
    settings.image.proxy,
    reader.matching('sidecar.istio.io/proxyImageType', imageType, 'a part of an image tag, such as debug') ??
      proxyConfig.imageType,
  );
}

function readDiscovery(reader: AnnotationReader, settings: InjectionSettings, proxyConfig: ProxyConfig): string {
  const key = 'sidecar.istio.io/discoveryAddress';
  const annotated = reader.text(key);
  if (annotated) return checkAddress(annotated, reader.at(key));
  return proxyConfig.discoveryAddress ?? settings.discoveryAddress;
}
