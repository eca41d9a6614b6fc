import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuMs } from '../../test/cpu-time.ts';
import { inject, namespace, podOf, settings, texts } from '../../test/injector-fixture.ts';
import { buildInjector } from './build-injector.ts';
import { restorePod } from './patch/restore.ts';

describe('bad input', () => {
  test.each<[string, Record<string, string>, RegExp]>([
    ['negative CPU', { 'sidecar.istio.io/proxyCPU': '-1' }, /^OR1202 .*proxyCPU.*"-1"/],
    ['infinite memory', { 'sidecar.istio.io/proxyMemory': '1e400' }, /^OR1202/],
    ['empty quantity', { 'sidecar.istio.io/proxyCPULimit': '' }, /^OR1202/],
    [
      'request greater than limit',
      { 'sidecar.istio.io/proxyCPU': '2', 'sidecar.istio.io/proxyCPULimit': '1000m' },
      /^OR1206.*2.*1000m/,
    ],
    ['bare IP', { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '10.0.0.1' }, /^OR1401.*10\.0\.0\.1\/32/],
    ['wildcard where none may be', { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '*' }, /^OR1401/],
    ['port too big', { 'traffic.sidecar.istio.io/excludeInboundPorts': '70000' }, /^OR1402.*70000/],
    ['interface name', { 'traffic.sidecar.istio.io/excludeInterfaces': 'eth0;reboot' }, /^OR1403/],
    ['interception mode', { 'sidecar.istio.io/interceptionMode': 'redirect' }, /^OR1201.*REDIRECT, TPROXY, NONE/],
    ['status port', { 'status.sidecar.istio.io/port': '99999' }, /^OR1201.*65535/],
    ['readiness', { 'readiness.status.sidecar.istio.io/periodSeconds': '-5' }, /^OR1201/],
    ['proxy config', { 'proxy.istio.io/config': 'concurrency: -1' }, /^OR1203.*concurrency/],
    ['proxy config no YAML', { 'proxy.istio.io/config': '{' }, /^OR1203/],
    ['volume no JSON', { 'sidecar.istio.io/userVolume': '[1]' }, /^OR1201/],
    ['prometheus port of the proxy', { 'prometheus.io/port': '15090' }, /^OR1205.*15090/],
    ['prometheus port', { 'prometheus.io/port': 'http' }, /^OR1205/],
    ['unknown template', { 'inject.istio.io/templates': 'sidecar,nope' }, /^OR1301.*nope.*gateway, sidecar/],
    ['discovery address', { 'sidecar.istio.io/discoveryAddress': 'istiod' }, /^OR1207/],
    [
      'DNS capture without known resolvers',
      { 'proxy.istio.io/config': '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}' },
      /^OR1208/,
    ],
    ['log level with a space', { 'sidecar.istio.io/logLevel': 'debug --x' }, /^OR1201/],
  ])('%s refuses the pod, with key, value and what would be right', (_name, annotations, message) => {
    expect(() => inject(podOf(annotations))).toThrow(message);
  });

  test('DNS capture of a pod with resolvers of its own refuses it: its names would be asked of others', () => {
    const { inject: injectKnowing } = buildInjector({ ...settings, nameservers: ['10.96.0.10'] }, texts);
    const wish = { 'proxy.istio.io/config': '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}' };
    const given = (spec: object) => injectKnowing({ pod: podOf(wish, spec), namespace, nodes: [] });
    expect(given({ dnsPolicy: 'ClusterFirst' }).decision.inject).toBe(true);
    expect(() => given({ dnsPolicy: 'None' })).toThrow(/^OR1208 spec.dnsConfig/);
    expect(() => given({ dnsConfig: { nameservers: ['192.0.2.1'] } })).toThrow(/^OR1208 spec.dnsConfig/);
  });

  test('10,000 annotations, Unicode, control characters and __proto__ keys do no harm', () => {
    const annotations = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    for (let i = 0; i < 10_000; i++) annotations[`proxy.istio.io/x${i}`] = '💥';
    annotations['sidecar.istio.io/y'] = '\u0000\u202e\ud800💥';
    const started = cpuMs();
    const outcome = inject(podOf(annotations));
    expect(outcome.decision.inject).toBe(true);
    // Once this took four seconds; the margin is for slow machines.
    expect(cpuMs() - started).toBeLessThan(1000);
    expect(outcome.warnings.length).toBe(21);
    expect(Object.keys(outcome.pod.metadata.annotations ?? {})).toContain('__proto__');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('a pod of thousands of containers is refused at once', () => {
    const containers = Array.from({ length: 5000 }, (_, i) => ({ name: `c${i}`, image: 'a' }));
    expect(() => inject(podOf({}, { containers }))).toThrow(/^OR1222 spec.containers: it has 5000/);
  });

  test('more annotations than Kubernetes takes refuse the pod at once', () => {
    expect(() => inject(podOf({ note: 'x'.repeat(300_000) }))).toThrow(/^OR1220 metadata.annotations: /);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['a log level', { 'sidecar.istio.io/logLevel': 'loud' }, /^OR1201 .*logLevel.*trace, debug/],
    ['a flag as log level', { 'sidecar.istio.io/logLevel': '--version' }, /^OR1201/],
    ['a component', { 'sidecar.istio.io/componentLogLevel': 'nonsense:debug' }, /^OR1201 .*componentLogLevel/],
    ['a variable as level', { 'sidecar.istio.io/componentLogLevel': 'http:$(POD_NAME)' }, /^OR1201/],
    ['the port of another listener', { 'status.sidecar.istio.io/port': '15021' }, /^OR1201 .*15021.*the proxy itself/],
    ["an app's port", { 'status.sidecar.istio.io/port': '8080' }, /^OR1201 .*8080.*container app/],
    ['a ConfigMap name', { 'sidecar.istio.io/bootstrapOverride': '../x' }, /^OR1201/],
    ['an image type', { 'sidecar.istio.io/proxyImageType': '../evil' }, /^OR1201/],
    [
      "injection's own volume",
      { 'sidecar.istio.io/userVolume': '{"istio-token":{"emptyDir":{}}}' },
      /^OR1201 .*istio-token is used/,
    ],
    ['a mount without path', { 'sidecar.istio.io/userVolumeMount': '{"a":{}}' }, /^OR1201 .*mountPath/],
    [
      'two mounts on one path',
      { 'sidecar.istio.io/userVolumeMount': '[{"name":"a","mountPath":"/a"},{"name":"b","mountPath":"/a"}]' },
      /^OR1201 .*twice/,
    ],
    [
      "a variable of injection's own",
      { 'proxy.istio.io/config': '{"proxyMetadata":{"INSTANCE_IP":"1"}}' },
      /^OR1203 .*INSTANCE_IP/,
    ],
    ['a regular expression', { 'sidecar.istio.io/statsInclusionRegexps': '(' }, /^OR1201/],
    [
      'a thousand scrape targets',
      { 'prometheus.istio.io/scrape-targets': Array.from({ length: 1000 }, (_, i) => i + 1).join() },
      /^OR1205/,
    ],
    [
      'a thousand ports',
      { 'traffic.sidecar.istio.io/excludeInboundPorts': Array.from({ length: 1000 }, (_, i) => i + 1).join() },
      /^OR1402/,
    ],
    [
      'a thousand templates',
      { 'inject.istio.io/templates': Array.from({ length: 1000 }, (_, i) => `t${i}`).join() },
      /^OR1201/,
    ],
    ['a long ProxyConfig', { 'proxy.istio.io/config': ' '.repeat(20_000) }, /^OR1203/],
  ])('%s that would break the proxy or take long refuses the pod', (_name, annotations, message) => {
    const app = { name: 'app', image: 'a', ports: [{ containerPort: 8080 }] };
    expect(() => inject(podOf(annotations, { containers: [app] }))).toThrow(message);
  });

  describe('records that no injection wrote', () => {
    const forged = {
      'proxy.istio.io/overrides': '{"containers":[{"name":"istio-proxy","image":"evil"}]}',
      'proxy.outrigger.io/original': '{"annotations":{"x":"gone"}}',
    };

    test('are dropped, and not believed at the next call', () => {
      const once = inject(podOf({ ...forged, x: 'real' })).pod;
      expect(JSON.stringify(once)).not.toContain('evil');
      expect(inject(once).patchJson).toBe('');
      expect(restorePod(once).metadata.annotations).toEqual({ x: 'real' });
    });

    test('a status that is none keeps the user proxy', () => {
      const own = { name: 'istio-proxy', image: 'my/proxy' };
      const pod = podOf({ 'sidecar.istio.io/status': 'nonsense' }, { containers: [{ name: 'app', image: 'a' }, own] });
      expect(restorePod(inject(pod).pod).spec.containers).toContainEqual(own);
    });

    test.each([
      '{"containers":[{"name":"istio-proxy","args":5}]}',
      '{"containers":[{"name":"istio-proxy","env":"x"}]}',
      '{"containers":[{"name":"istio-proxy","args":[5]}]}',
      '{"containers":5}',
      '[]',
    ])('overrides %s are no internal error', (overrides) => {
      const status = '{"containers":["istio-proxy"],"initContainers":null}';
      expect(
        inject(podOf({ 'sidecar.istio.io/status': status, 'proxy.istio.io/overrides': overrides })).decision.inject,
      ).toBe(true);
    });

    test('a status that names every container is refused by uninject', () => {
      expect(() => restorePod(podOf({ 'sidecar.istio.io/status': '{"containers":["app"]}' }))).toThrow(/^OR1221/);
    });
  });

  test('null lists are empty lists', () => {
    const pod = podOf({}, { initContainers: null, volumes: null, imagePullSecrets: null } as never);
    expect(inject(pod).pod.spec.initContainers?.length).toBe(2);
    expect(inject(inject(pod).pod).patchJson).toBe('');
  });

  test('any text in any known annotation gives a pod or a coded error', () => {
    const keys = [
      'sidecar.istio.io/proxyCPU',
      'sidecar.istio.io/proxyImage',
      'sidecar.istio.io/logLevel',
      'proxy.istio.io/config',
      'sidecar.istio.io/userVolume',
      'sidecar.istio.io/status',
      'proxy.istio.io/overrides',
      'proxy.outrigger.io/original',
      'prometheus.istio.io/scrape-targets',
      'inject.istio.io/templates',
      'traffic.sidecar.istio.io/includeOutboundIPRanges',
      'status.sidecar.istio.io/port',
      'sidecar.istio.io/bootstrapOverride',
      'sidecar.istio.io/nativeSidecar',
    ];
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom('${x}', '$(POD_IP)', "'; rm -rf /", '{"$eval":"x"}', '*'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, (key, text) => {
        try {
          inject(podOf({ [key]: text }));
        } catch (error) {
          expect(String((error as Error).message)).toMatch(/^OR1[234][0-9]{2} /);
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each<[string, unknown, RegExp]>([
    ['bad', { spec: { containers: 'x' } }, /OR1303 template bad: spec.containers has to be a list/],
    ['worse', { metadata: { labels: { a: 1 } } }, /OR1303.*labels/],
    ['eval', { $eval: 'nope' }, /OR1302 template eval/],
    ['text', 'a: [', /OR1302 template text: it is no YAML/],
  ])('the template %s with a wrong type is an error at the start, with its place', (name, template, message) => {
    expect(() => buildInjector({ ...settings, templates: { [name]: template } }, texts)).toThrow(message);
  });

  test('a mistake in the settings is an error at the start, with its key', () => {
    const mesh = { ...settings.mesh, defaultConfig: { concurrency: 'many' } };
    expect(() => buildInjector({ ...settings, mesh }, texts)).toThrow(
      /^OR1203 injection.mesh.defaultConfig: concurrency/,
    );
    const proxy = { ...settings.proxy, includeIPRanges: '10.0.0.1' };
    expect(() => buildInjector({ ...settings, proxy }, texts)).toThrow(/^OR1401 injection.proxy.includeIPRanges/);
  });

  test('a template of the configuration is rendered, its labels and containers are added', () => {
    const extra = {
      metadata: { labels: { team: { $eval: 'namespace' } } },
      spec: { containers: [{ name: 'debug', image: 'busybox' }] },
    };
    const custom = buildInjector({ ...settings, templates: { extra } }, texts);
    const { pod } = custom.inject({
      pod: podOf({ 'inject.istio.io/templates': 'sidecar, extra' }),
      namespace,
      nodes: [],
    });
    expect(pod.metadata.labels?.['team']).toBe('shop');
    expect(pod.spec.containers.map((one) => one.name)).toEqual(['debug', 'app']);
    expect(restorePod(pod)).toEqual(podOf({ 'inject.istio.io/templates': 'sidecar, extra' }));
  });
});
