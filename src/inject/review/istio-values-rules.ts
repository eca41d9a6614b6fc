import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { InjectionSettings } from './settings.ts';

/** What one key of Istio's values means here. Without `map` it is reported with `text` as the reason. */
export interface IstioValueRule {
  readonly key: string;
  readonly text: string;
  /** Takes the whole subtree as one value. */
  readonly whole?: boolean;
  /** A text in place of settings is the reason why this very value has no effect. */
  readonly map?: (settings: InjectionSettings, value: Json, rest: string) => InjectionSettings | string;
}

type Section = 'proxy' | 'mesh' | 'image';

const to =
  <S extends Section>(
    section: S,
    field: keyof InjectionSettings[S],
    convert: (value: Json, key: string) => unknown = (value) => value,
  ) =>
  (settings: InjectionSettings, value: Json): InjectionSettings => ({
    ...settings,
    [section]: { ...settings[section], [field]: convert(value, `${section}.${String(field)}`) },
  });

const top =
  (field: keyof InjectionSettings, convert: (value: Json, key: string) => unknown = (value) => value) =>
  (settings: InjectionSettings, value: Json): InjectionSettings => ({
    ...settings,
    [field]: convert(value, String(field)),
  });

const text = (value: Json, key: string): string => {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (value === null) return '';
  throw bad(key, value, 'a text');
};
const flag = (value: Json, key: string): boolean => {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  if (value === null) return false;
  throw bad(key, value, 'true or false');
};
const whole = (value: Json, key: string): number => {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number;
  throw bad(key, value, 'a whole number');
};
const mapping = (value: Json, key: string): JsonObject => {
  if (value === null) return {};
  if (isObject(value)) return value;
  throw bad(key, value, 'a mapping');
};
const texts = (value: Json, key: string): string[] => {
  if (value === null) return [];
  if (Array.isArray(value))
    return value.map((item) => (isObject(item) ? text(item['name'] ?? null, key) : text(item, key)));
  throw bad(key, value, 'a list');
};
const list = (value: Json, key: string): Json[] => {
  if (value === null) return [];
  if (Array.isArray(value)) return value;
  throw bad(key, value, 'a list');
};

function bad(key: string, value: Json, expected: string): OutriggerError {
  return new OutriggerError('OR1002', `${JSON.stringify(value).slice(0, 80)} is not ${expected}`, {
    at: `istio-values ${key}`,
  });
}

function resources(settings: InjectionSettings, value: Json): InjectionSettings {
  const given = mapping(value, 'global.proxy.resources');
  const part = (name: string) =>
    mapping(given[name] ?? {}, `global.proxy.resources.${name}`) as Record<string, string | number | null>;
  return {
    ...settings,
    proxy: { ...settings.proxy, resources: { requests: part('requests'), limits: part('limits') } },
  };
}

/** Istio's chart writes {} for "none given"; the stricter default of Outrigger stays. */
function seccomp(settings: InjectionSettings, value: Json): InjectionSettings {
  const given = mapping(value, 'global.proxy.seccompProfile');
  return Object.keys(given).length === 0
    ? settings
    : { ...settings, proxy: { ...settings.proxy, seccompProfile: given } };
}

function policy(settings: InjectionSettings, value: Json): InjectionSettings {
  if (value === 'enabled' || value === 'disabled') return { ...settings, policy: value };
  throw bad('global.proxy.autoInject', value, '"enabled" or "disabled"');
}

function injectorTemplates(settings: InjectionSettings, value: Json, rest: string): InjectionSettings | string {
  if (rest === '') return settings;
  if (typeof value === 'string' && value.includes('{{'))
    return 'it is a Go text template; Outrigger renders json-e on YAML';
  return { ...settings, templates: { ...settings.templates, [rest]: value } };
}

const image = "the image is Outrigger's own: an Istio image would start an agent that is not there";
const plane = 'it shapes the control plane of Istio, not the injected pod';
const agentless = 'it configures the agent, and there is none';

/** Keys of `global` that no injected pod depends on. Named one by one, so that a misspelt key is not taken for one. */
const ofTheControlPlane = [
  'caName',
  'certSigners',
  'configCluster',
  'configValidation',
  'defaultPodDisruptionBudget',
  'defaultNodeSelector',
  'defaultResources',
  'defaultTolerations',
  'enableGlobalConfig',
  'externalIstiod',
  'istiod',
  'jwtPolicy',
  'meshNetworks',
  'networkPolicy',
  'omitSidecarInjectorConfigMap',
  'operatorManageWebhooks',
  'peerCaCrl',
  'priorityClassName',
  'remotePilotAddress',
  'resourceScope',
  'tracer',
  'trustBundleName',
  'useMCP',
  'waypoint',
  'ipFamilies',
  'ipFamilyPolicy',
  'agentgateway',
];

/** Every key of Istio's injector values (`shared/istio-inject/default-values.json` has their shape). */
export const istioValueRules: readonly IstioValueRule[] = [
  { key: 'global.hub', text: image },
  { key: 'global.tag', text: image },
  { key: 'global.variant', text: image },
  { key: 'global.proxy.image', text: image },
  { key: 'global.proxy_init.image', text: image },
  { key: 'hub', text: image },
  { key: 'tag', text: image },
  { key: 'global.imagePullPolicy', text: 'image.pullPolicy', map: to('image', 'pullPolicy', text) },
  { key: 'global.imagePullSecrets', text: 'image.pullSecrets', map: to('image', 'pullSecrets', texts) },
  { key: 'global.proxy.autoInject', text: 'policy', map: policy },
  { key: 'global.proxy.clusterDomain', text: 'mesh.clusterDomain', map: to('mesh', 'clusterDomain', text) },
  { key: 'global.proxy.logLevel', text: 'proxy.logLevel', map: to('proxy', 'logLevel', text) },
  {
    key: 'global.proxy.componentLogLevel',
    text: 'proxy.componentLogLevel',
    map: to('proxy', 'componentLogLevel', text),
  },
  { key: 'global.proxy.statusPort', text: 'proxy.statusPort', map: to('proxy', 'statusPort', whole) },
  {
    key: 'global.proxy.readinessInitialDelaySeconds',
    text: 'proxy.readinessInitialDelaySeconds',
    map: to('proxy', 'readinessInitialDelaySeconds', whole),
  },
  {
    key: 'global.proxy.readinessPeriodSeconds',
    text: 'proxy.readinessPeriodSeconds',
    map: to('proxy', 'readinessPeriodSeconds', whole),
  },
  {
    key: 'global.proxy.readinessFailureThreshold',
    text: 'proxy.readinessFailureThreshold',
    map: to('proxy', 'readinessFailureThreshold', whole),
  },
  { key: 'global.proxy.startupProbe.enabled', text: 'proxy.startupProbe', map: to('proxy', 'startupProbe', flag) },
  {
    key: 'global.proxy.startupProbe.failureThreshold',
    text: 'proxy.startupFailureThreshold',
    map: to('proxy', 'startupFailureThreshold', whole),
  },
  { key: 'global.proxy.includeIPRanges', text: 'proxy.includeIPRanges', map: to('proxy', 'includeIPRanges', text) },
  { key: 'global.proxy.excludeIPRanges', text: 'proxy.excludeIPRanges', map: to('proxy', 'excludeIPRanges', text) },
  {
    key: 'global.proxy.includeInboundPorts',
    text: 'proxy.includeInboundPorts',
    map: to('proxy', 'includeInboundPorts', text),
  },
  {
    key: 'global.proxy.excludeInboundPorts',
    text: 'proxy.excludeInboundPorts',
    map: to('proxy', 'excludeInboundPorts', text),
  },
  {
    key: 'global.proxy.includeOutboundPorts',
    text: 'proxy.includeOutboundPorts',
    map: to('proxy', 'includeOutboundPorts', text),
  },
  {
    key: 'global.proxy.excludeOutboundPorts',
    text: 'proxy.excludeOutboundPorts',
    map: to('proxy', 'excludeOutboundPorts', text),
  },
  {
    key: 'global.proxy.holdApplicationUntilProxyStarts',
    text: 'proxy.holdApplicationUntilProxyStarts',
    map: to('proxy', 'holdApplicationUntilProxyStarts', flag),
  },
  { key: 'global.proxy.privileged', text: 'proxy.privileged', map: to('proxy', 'privileged', flag) },
  {
    key: 'global.proxy.capNetBindService',
    text: 'proxy.capNetBindService',
    map: to('proxy', 'capNetBindService', flag),
  },
  { key: 'global.proxy.seccompProfile', text: 'proxy.seccompProfile', whole: true, map: seccomp },
  { key: 'global.proxy.lifecycle', text: 'proxy.lifecycle', whole: true, map: to('proxy', 'lifecycle', mapping) },
  { key: 'global.proxy.resources', text: 'proxy.resources', whole: true, map: resources },
  { key: 'global.proxy.tracer', text: 'tracing is configured in the mesh, not in the pod' },
  { key: 'global.proxy.outlierLogPath', text: 'the outlier log of Envoy is not written yet' },
  {
    key: 'global.proxy_init.forceApplyIptables',
    text: 'the init container always compares with what is there and applies what is missing',
  },
  { key: 'global.network', text: 'mesh.network', map: to('mesh', 'network', text) },
  { key: 'global.meshID', text: 'mesh.meshId', map: to('mesh', 'meshId', text) },
  {
    key: 'global.multiCluster.clusterName',
    text: 'mesh.clusterId',
    map: (settings, value) =>
      value === '' || value === null ? settings : to('mesh', 'clusterId', text)(settings, value),
  },
  { key: 'global.multiCluster', text: plane },
  { key: 'global.istioNamespace', text: 'Outrigger runs in outrigger-system, beside Istio during a migration' },
  { key: 'global.caAddress', text: agentless },
  { key: 'global.pilotCertProvider', text: agentless },
  { key: 'global.logAsJson', text: agentless },
  { key: 'global.logging', text: agentless },
  { key: 'global.sts', text: agentless },
  { key: 'global.sds', text: 'the token has the audience istio-ca, as in Istio' },
  { key: 'global.mountMtlsCerts', text: 'keys never lie on disk: Envoy gets them by SDS' },
  { key: 'global.nativeNftables', text: 'iptables-nft is used where the node has it' },
  { key: 'global.podDNSSearchNamespaces', text: "Istio's own template does not read it any more" },
  ...ofTheControlPlane.map((name) => ({ key: `global.${name}`, text: plane })),
  { key: 'pilot.cni', text: 'there is no CNI plugin; istio-init applies the rules' },
  { key: 'cni', text: 'there is no CNI plugin; istio-init applies the rules' },
  { key: 'components.cni', text: 'there is no CNI plugin; istio-init applies the rules' },
  { key: 'pilot.env.ENABLE_NATIVE_SIDECARS', text: 'nativeSidecars', map: top('nativeSidecars', nativeChoice) },
  { key: 'pilot.env', text: plane },
  { key: 'pilot', text: plane },
  { key: 'components', text: plane },
  { key: 'profile', text: plane },
  { key: 'gateways', text: 'gateways take their security context from their own Deployment' },
  {
    key: 'platform',
    text: 'platform',
    map: (settings, value) => ({ ...settings, platform: value === 'openshift' ? 'openshift' : settings.platform }),
  },
  {
    key: 'revision',
    text: 'revision',
    map: (settings, value) =>
      value === '' || value === null ? settings : { ...settings, revision: text(value, 'revision') },
  },
  {
    key: 'sidecarInjectorWebhook.alwaysInjectSelector',
    text: 'alwaysInjectSelector',
    map: top('alwaysInjectSelector', list),
  },
  {
    key: 'sidecarInjectorWebhook.neverInjectSelector',
    text: 'neverInjectSelector',
    map: top('neverInjectSelector', list),
  },
  {
    key: 'sidecarInjectorWebhook.defaultTemplates',
    text: 'defaultTemplates',
    map: (settings, value) =>
      texts(value, 'defaultTemplates').length === 0
        ? settings
        : { ...settings, defaultTemplates: texts(value, 'defaultTemplates') },
  },
  {
    key: 'sidecarInjectorWebhook.enableNamespacesByDefault',
    text: 'enableNamespacesByDefault',
    map: top('enableNamespacesByDefault', flag),
  },
  {
    key: 'sidecarInjectorWebhook.injectedAnnotations',
    text: 'injectedAnnotations',
    whole: true,
    map: top('injectedAnnotations', mapping),
  },
  {
    key: 'sidecarInjectorWebhook.rewriteAppHTTPProbe',
    text: 'rewriteAppHTTPProbe',
    map: top('rewriteAppHTTPProbe', flag),
  },
  { key: 'sidecarInjectorWebhook.templates', text: 'templates', map: injectorTemplates },
  { key: 'sidecarInjectorWebhook.reinvocationPolicy', text: 'always IfNeeded: injection is a fixed point' },
  { key: 'sidecarInjectorWebhook', text: plane },
  {
    key: 'meshConfig.defaultConfig',
    text: 'mesh.defaultConfig',
    whole: true,
    map: to('mesh', 'defaultConfig', mapping),
  },
  {
    key: 'meshConfig.enablePrometheusMerge',
    text: 'mesh.enablePrometheusMerge',
    map: to('mesh', 'enablePrometheusMerge', flag),
  },
  { key: 'meshConfig.trustDomain', text: 'mesh.trustDomain', map: to('mesh', 'trustDomain', text) },
  { key: 'meshConfig.proxyListenPort', text: 'mesh.proxyListenPort', map: to('mesh', 'proxyListenPort', whole) },
  {
    key: 'meshConfig.proxyInboundListenPort',
    text: 'mesh.proxyInboundListenPort',
    map: to('mesh', 'proxyInboundListenPort', whole),
  },
  { key: 'meshConfig', text: 'it configures proxies at run time, not the injected pod' },
];

function nativeChoice(value: Json, key: string): 'auto' | 'true' | 'false' {
  const word = String(value);
  if (word === 'auto' || word === 'true' || word === 'false') return word;
  throw bad(key, value, '"auto", "true" or "false"');
}
