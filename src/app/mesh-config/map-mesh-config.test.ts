import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configKeys } from '../config.ts';
import { mapMeshConfig } from './map-mesh-config.ts';
import { meshConfigRules } from './rules.ts';

const map = (text: string) => mapMeshConfig(parse(text));

/** Of istio.io/api v1.31.1, and two that it says to be of the past. */
const keysOfIstio = [
  ...['proxyListenPort', 'proxyInboundListenPort', 'proxyHttpPort', 'connectTimeout', 'hboneIdleTimeout'],
  ...['protocolDetectionTimeout', 'tcpKeepalive', 'ingressClass', 'ingressService', 'ingressControllerMode'],
  ...['ingressSelector', 'enableTracing', 'accessLogFile', 'accessLogFormat', 'accessLogEncoding'],
  ...['enableEnvoyAccessLogService', 'disableEnvoyListenerLog', 'defaultConfig', 'outboundTrafficPolicy.mode'],
  ...['outboundTrafficPolicy.tls', 'inboundTrafficPolicy', 'configSources', 'enableAutoMtls', 'trustDomain'],
  ...['trustDomainAliases', 'caCertificates', 'defaultServiceExportTo', 'defaultVirtualServiceExportTo'],
  ...['defaultDestinationRuleExportTo', 'rootNamespace', 'localityLbSetting', 'zoneAwareLbSetting', 'dnsRefreshRate'],
  ...['h2UpgradePolicy', 'inboundClusterStatName', 'outboundClusterStatName', 'certificates', 'serviceSettings'],
  ...['serviceScopeConfigs', 'enablePrometheusMerge', 'verifyCertificateAtClient', 'ca', 'extensionProviders'],
  ...[
    'defaultProviders',
    'discoverySelectors',
    'pathNormalization.normalization',
    'defaultHttpRetryPolicy',
    'meshMTLS',
  ],
  ...['tlsDefaults', 'defaultTrafficPolicy', 'serviceEntryVisibility'],
];

test.each(keysOfIstio)('%s is mapped or has a reason', (key) => {
  const tree = key.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), 'x');
  const { reports } = mapMeshConfig(tree as Parameters<typeof mapMeshConfig>[0]);
  expect(reports.map((report) => report.key)).toEqual([key]);
  expect(reports[0]?.text).not.toMatch(/no key of MeshConfig/);
});

test('roots that are given are taken, those behind an address are told', () => {
  const { values, reports } = map('{caCertificates: [{pem: A, trustDomains: [b]}, {spiffeBundleUrl: "https://c"}]}');
  expect(JSON.stringify(values)).toContain('{"pem":"A","trustDomains":["b"]}');
  expect(JSON.stringify(values)).not.toContain('spiffeBundleUrl');
  expect(reports.map(({ text }) => text).join()).toContain('1 without pem');
});

test('every rule is of a key of Istio', () => {
  const strange = meshConfigRules.filter(({ key }) => !keysOfIstio.some((known) => known.startsWith(key)));
  expect(strange).toEqual([]);
});

test('what is mapped is a key of the configuration', () => {
  const paths = configKeys.map(({ path }) => path);
  const given = { attempts: 1, mode: 'x', enabled: true, distribute: [], tracing: { sampling: 1 } };
  const values = meshConfigRules.flatMap(({ convert }) => Object.keys(convert?.(given) ?? {}));
  expect(values.length).toBeGreaterThan(20);
  expect(values.filter((path) => !paths.includes(path))).toEqual([]);
});

test('a whole one', () => {
  const { values, atStart, reports } = map(`
accessLogFile: /dev/stdout
connectTimeout: 1.5s
protocolDetectionTimeout: 100ms
outboundTrafficPolicy: {mode: REGISTRY_ONLY}
defaultConfig: {concurrency: 3, tracing: {sampling: 50}}
defaultHttpRetryPolicy: {retryOn: "503"}
pathNormalization: {normalization: DEFAULT}
localityLbSetting: {enabled: false}
defaultProviders: {accessLogging: [file]}
rootNamespace: istio-config
extensionProviders: [{name: file, envoyFileAccessLog: {path: /a}}, {name: sky, skywalking: {service: s, port: 1}}]
enableTracing: true
disableEnvoyListenerLog: false
tcpKeepalive: {}
trustDomain: null
`);
  expect(values).toEqual({
    'mesh.accessLogFile': '/dev/stdout',
    'mesh.connectTimeoutSeconds': 1.5,
    'mesh.protocolDetectionTimeoutSeconds': 0.1,
    'mesh.outboundTrafficPolicy': 'REGISTRY_ONLY',
    'injection.mesh.defaultConfig': { concurrency: 3, tracing: { sampling: 50 } },
    'mesh.traceSampling': 50,
    'mesh.defaultHttpRetryPolicy.attempts': 0,
    'mesh.defaultHttpRetryPolicy.retryOn': '503',
    'mesh.pathNormalization': 'BASE',
    'mesh.localityLbSetting.enabled': false,
    'mesh.defaultProviders.accessLogging': ['file'],
    'mesh.rootNamespaces': ['istio-config'],
    'mesh.extensionProviders': [{ name: 'file', envoyFileAccessLog: { path: '/a' } }],
  });
  expect(atStart).toEqual(['mesh.rootNamespaces']);
  const silent = reports.filter(({ state }) => state === 'reported').map(({ key, text }) => `${key}: ${text}`);
  expect(silent).toEqual([
    'extensionProviders: sky: of a kind that nothing reads',
    expect.stringMatching(/^enableTracing: Telemetry/),
  ]);
});

test('a key that Istio has not, with the one that may be meant', () => {
  expect(map('accessLogfile: a').reports[0]?.text).toBe('it is no key of MeshConfig; did you mean accessLogFile?');
});
