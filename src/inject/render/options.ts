import { RE2JS } from 're2js';
import { OutriggerError } from '../../errors.ts';
import { parseCidrList, parseInterfaceList, parsePortList } from '../../interception/parse-lists.ts';
import type { CaptureSettings } from '../../interception/settings.ts';
import type { JsonObject } from '../../model/json.ts';
import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';
import { AnnotationReader } from './annotation-reader.ts';
import { annotationWarnings } from './annotation-warnings.ts';
import { withImageType } from './image.ts';
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
  readonly userVolumes: readonly JsonObject[];
  readonly userVolumeMounts: readonly JsonObject[];
  readonly capNetBindService: boolean;
  readonly rewriteProbes: boolean;
  readonly mergeMetrics: boolean;
  readonly hold: boolean;
  readonly discoveryAddress: string;
  readonly statsInclusion: {
    readonly prefixes: readonly string[];
    readonly suffixes: readonly string[];
    readonly regexps: readonly string[];
  };
  readonly proxyConfig: ProxyConfig;
  readonly proxyConfigFields: JsonObject;
  readonly user: ProxyUser;
}

/** The part of the capture settings that annotations and settings decide alone. */
export type CaptureOptions = Pick<
  CaptureSettings,
  | 'includeOutboundCidrs'
  | 'excludeOutboundCidrs'
  | 'includeInboundPorts'
  | 'excludeInboundPorts'
  | 'includeOutboundPorts'
  | 'excludeOutboundPorts'
  | 'excludeInterfaces'
  | 'rerouteInterfaces'
>;

/** @throws OutriggerError OR12xx or OR14xx for a value that refuses the pod. */
export function readOptions(
  request: InjectRequest,
  settings: InjectionSettings,
): { options: SidecarOptions; warnings: string[] } {
  const annotations = request.pod.metadata.annotations ?? {};
  const reader = new AnnotationReader(annotations);
  const fields = readProxyConfigFields(reader, settings);
  const proxyConfig = decodeProxyConfig(fields);
  const options: SidecarOptions = {
    templates: readTemplates(reader, settings),
    native: wantsNativeSidecar(request, settings),
    mode:
      reader.oneOf('sidecar.istio.io/interceptionMode', ['REDIRECT', 'TPROXY', 'NONE']) ?? proxyConfig.interceptionMode,
    capture: readCapture(reader, settings),
    statusPort: reader.uint('status.sidecar.istio.io/port', 16) ?? settings.proxy.statusPort,
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
    logLevel: reader.word('sidecar.istio.io/logLevel') ?? settings.proxy.logLevel,
    componentLogLevel: reader.word('sidecar.istio.io/componentLogLevel') ?? settings.proxy.componentLogLevel,
    bootstrapOverride: reader.word('sidecar.istio.io/bootstrapOverride'),
    userVolumes: reader.namedObjects('sidecar.istio.io/userVolume'),
    userVolumeMounts: reader.namedObjects('sidecar.istio.io/userVolumeMount'),
    capNetBindService:
      reader.text('sidecar.istio.io/capNetBindService') === 'true' ||
      (reader.text('sidecar.istio.io/capNetBindService') === undefined && settings.proxy.capNetBindService),
    rewriteProbes: reader.bool('sidecar.istio.io/rewriteAppHTTPProbers') ?? settings.rewriteAppHTTPProbe,
    mergeMetrics: reader.bool('prometheus.istio.io/merge-metrics') ?? settings.mesh.enablePrometheusMerge,
    hold: settings.proxy.holdApplicationUntilProxyStarts || proxyConfig.holdApplicationUntilProxyStarts,
    discoveryAddress: readDiscovery(reader, settings, proxyConfig),
    statsInclusion: readStatsInclusion(reader),
    proxyConfig,
    proxyConfigFields: fields,
    user: proxyUser(request.namespace, settings),
  };
  return {
    options,
    warnings: [...annotationWarnings(annotations), ...proxyConfigWarnings(readAnnotationConfig(reader))],
  };
}

function readStatsInclusion(reader: AnnotationReader): SidecarOptions['statsInclusion'] {
  const read = (name: string) =>
    (reader.text(`sidecar.istio.io/${name}`) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return {
    prefixes: read('statsInclusionPrefixes'),
    suffixes: read('statsInclusionSuffixes'),
    regexps: read('statsInclusionRegexps').map((pattern) => checkRegex(pattern, reader)),
  };
}

/** Envoy's regular expressions are RE2's; one that it refuses would keep the proxy from starting. */
function checkRegex(pattern: string, reader: AnnotationReader): string {
  try {
    RE2JS.compile(pattern);
    return pattern;
  } catch {
    throw reader.bad('sidecar.istio.io/statsInclusionRegexps', 'regular expressions of RE2, separated by commas');
  }
}

function readAnnotationConfig(reader: AnnotationReader): JsonObject {
  const text = reader.text(proxyConfigKey);
  return text === undefined ? {} : parseProxyConfig(text);
}

function readProxyConfigFields(reader: AnnotationReader, settings: InjectionSettings): JsonObject {
  return mergeProxyConfigs([settings.mesh.defaultConfig as JsonObject, readAnnotationConfig(reader)]);
}

function readTemplates(reader: AnnotationReader, settings: InjectionSettings): string[] {
  const text = reader.text('inject.istio.io/templates');
  const names =
    text === undefined
      ? settings.defaultTemplates
      : text
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '');
  const chosen = names.length > 0 ? names : settings.defaultTemplates;
  return chosen.flatMap((name) =>
    Object.hasOwn(settings.templateAliases, name) ? (settings.templateAliases[name] ?? []) : [name],
  );
}

function readImage(reader: AnnotationReader, settings: InjectionSettings, proxyConfig: ProxyConfig): string {
  const annotated = reader.word('sidecar.istio.io/proxyImage');
  if (annotated?.includes('/')) return annotated;
  return withImageType(settings.image.proxy, reader.word('sidecar.istio.io/proxyImageType') ?? proxyConfig.imageType);
}

function readDiscovery(reader: AnnotationReader, settings: InjectionSettings, proxyConfig: ProxyConfig): string {
  const key = 'sidecar.istio.io/discoveryAddress';
  const annotated = reader.text(key);
  if (annotated) return checkAddress(annotated, reader.at(key));
  return proxyConfig.discoveryAddress ?? settings.discoveryAddress;
}

function readCapture(reader: AnnotationReader, settings: InjectionSettings): CaptureOptions {
  const { proxy } = settings;
  const value = (name: string, fallback: string): { text: string; at: string } => {
    const key = `traffic.sidecar.istio.io/${name}`;
    const setting = name.replace('OutboundIPRanges', 'IPRanges');
    const annotated = reader.text(key);
    return annotated === undefined
      ? { text: fallback, at: `injection.proxy.${setting}` }
      : { text: annotated, at: `${reader.at(key)} (${setting})` };
  };
  const cidrs = (name: string, fallback: string, wildcard: boolean) => {
    const { text, at } = value(name, fallback);
    return parseCidrList(text, { wildcard, at });
  };
  const ports = (name: string, fallback: string, wildcard: boolean) => {
    const { text, at } = value(name, fallback);
    return parsePortList(text, { wildcard, at });
  };
  const reroute =
    reader.text('istio.io/reroute-virtual-interfaces') === undefined
      ? 'traffic.sidecar.istio.io/kubevirtInterfaces'
      : 'istio.io/reroute-virtual-interfaces';
  return {
    includeOutboundCidrs: cidrs('includeOutboundIPRanges', proxy.includeIPRanges, true),
    excludeOutboundCidrs: listed(cidrs('excludeOutboundIPRanges', proxy.excludeIPRanges, false)),
    includeInboundPorts: ports('includeInboundPorts', proxy.includeInboundPorts, true),
    excludeInboundPorts: listed(ports('excludeInboundPorts', proxy.excludeInboundPorts, false)),
    includeOutboundPorts: listed(ports('includeOutboundPorts', proxy.includeOutboundPorts, false)),
    excludeOutboundPorts: listed(ports('excludeOutboundPorts', proxy.excludeOutboundPorts, false)),
    excludeInterfaces: parseInterfaceList(reader.text('traffic.sidecar.istio.io/excludeInterfaces') ?? '', {
      at: reader.at('traffic.sidecar.istio.io/excludeInterfaces'),
    }),
    rerouteInterfaces: parseInterfaceList(reader.text(reroute) ?? '', { at: reader.at(reroute) }),
  };
}

/** A list that cannot be the wildcard. */
function listed<T>(value: '*' | T[]): T[] {
  if (value === '*') throw new OutriggerError('OR1901', 'a wildcard where none is possible');
  return value;
}
