import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import type { Container, Pod } from '../model/pod.ts';
import { buildInjector } from './build-injector.ts';
import { parsePatch } from './patch/diff.ts';
import { restorePod } from './patch/restore.ts';
import { rememberInjections } from './remembering.ts';
import { type InjectionSettings, InjectionSettingsSchema } from './review/settings.ts';

const read = (name: string) => readFileSync(new URL(`../../templates/${name}`, import.meta.url), 'utf8');
const texts = {
  sidecar: read('injection/sidecar.yaml'),
  gateway: read('injection/gateway.yaml'),
  bootstrap: read('bootstrap/envoy.yaml'),
};
const settings = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
const injector = buildInjector(settings, texts);
const namespace = { name: 'shop', labels: { 'istio-injection': 'enabled' }, annotations: {} };

function inject(pod: Pod, over: Partial<typeof namespace> & { annotations?: Record<string, string> } = {}) {
  return injector.inject({ pod, namespace: { ...namespace, ...over }, nodes: [] });
}

function podOf(annotations: Record<string, string> = {}, more: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { app: 'p' }, annotations },
    spec: { containers: [{ name: 'app', image: 'a' }], ...more },
  };
}

const port = fc.integer({ min: 1, max: 65535 });
const probe = fc.oneof(
  fc.record({
    httpGet: fc.record({
      path: fc.constantFrom('/', '/ok', 'x'),
      port: fc.oneof(port, fc.constantFrom('http', 'nope', '80')),
      scheme: fc.constantFrom('HTTP', 'HTTPS'),
    }),
    periodSeconds: fc.nat(30),
  }),
  fc.record({ tcpSocket: fc.record({ port }), timeoutSeconds: fc.nat(9) }),
  fc.record({ grpc: fc.record({ port, service: fc.constantFrom('', 'a.B') }) }),
  fc.record({ exec: fc.record({ command: fc.array(fc.string()) }) }),
);
const container = (name: string) =>
  fc.record(
    {
      name: fc.constant(name),
      image: fc.constantFrom('a', 'auto', 'x/y:1'),
      ports: fc.constant([{ name: 'http', containerPort: 8080, protocol: 'TCP' }]),
      readinessProbe: probe,
      livenessProbe: probe,
      startupProbe: probe,
      lifecycle: fc.record({ preStop: probe, postStart: probe }, { requiredKeys: [] }),
      // The library that applies patches here refuses paths through __proto__; Kubernetes' own does not.
      futureField: fc
        .anything({ withNullPrototype: false, key: fc.string().filter((key) => key !== '__proto__') })
        .map((value) => JSON.parse(JSON.stringify(value) ?? 'null') as unknown),
    },
    { requiredKeys: ['name', 'image'], noNullPrototype: true },
  );
const pods = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom('app', 'web', 'istio-proxy', 'job'), { minLength: 1 }),
    init: fc.uniqueArray(fc.constantFrom('setup', 'istio-init'), {}),
    annotations: fc.dictionary(
      fc.constantFrom(
        'a',
        'prometheus.io/port',
        'prometheus.io.scrape',
        'sidecar.istio.io/nativeSidecar',
        'kubectl.kubernetes.io/default-container',
      ),
      fc.constantFrom('true', 'false', '9090'),
      { noNullPrototype: true },
    ),
    volumes: fc.uniqueArray(fc.constantFrom('data', 'istio-token', 'kube-api-access-abcde')),
  })
  .filter(({ annotations }) => !('prometheus.io/port' in annotations) || annotations['prometheus.io/port'] === '9090')
  .chain(({ names, init, annotations, volumes }) =>
    fc.tuple(fc.tuple(...names.map(container)), fc.tuple(...init.map(container))).map(
      ([containers, initContainers]): Pod => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
        spec: {
          containers: containers as Container[],
          ...(initContainers.length > 0 ? { initContainers: initContainers as Container[] } : {}),
          ...(volumes.length > 0 ? { volumes: volumes.map((name) => ({ name, emptyDir: {} })) } : {}),
        },
      }),
    ),
  );

fc.configureGlobal({ numRuns: 40 });

describe('properties of injection', () => {
  test('the patch makes the pod of the outcome, and the input is not changed', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const before = JSON.stringify(pod);
        const outcome = inject(pod);
        expect(JSON.stringify(pod)).toBe(before);
        const patched = jsonPatch.applyPatch(structuredClone(pod), [...parsePatch(outcome.patchJson)]).newDocument;
        expect(patched).toEqual(JSON.parse(JSON.stringify(outcome.pod)));
      }),
    );
  });

  test('injecting twice is injecting once', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const once = inject(pod).pod;
        expect(inject(once).patchJson).toBe('');
      }),
    );
  });

  test('uninjecting gives back what came', () => {
    fc.assert(fc.property(pods, (pod) => void expect(restorePod(inject(pod).pod)).toEqual(pod)));
  });

  test('a container that a later webhook adds is picked up as if it had always been there', () => {
    fc.assert(
      fc.property(pods, container('late'), (pod, late) => {
        const add = (to: Pod): Pod => ({
          ...to,
          spec: { ...to.spec, containers: [...to.spec.containers, late as Container] },
        });
        const later = inject(add(inject(pod).pod)).pod;
        const atOnce = inject(add(pod)).pod;
        const named = (one: Pod) =>
          Object.fromEntries(
            [...one.spec.containers, ...(one.spec.initContainers ?? [])].map((item) => [item.name, item]),
          );
        expect(named(later)).toEqual(named(atOnce));
      }),
    );
  });

  test('what is remembered is what would be computed, for any name of the token volume', () => {
    const remembering = rememberInjections(injector, 10);
    const suffix = fc.stringMatching(/^[a-z0-9]{5}$/);
    fc.assert(
      fc.property(
        fc.array(pods, { minLength: 1, maxLength: 3 }),
        fc.array(suffix, { minLength: 1, maxLength: 4 }),
        (several, suffixes) => {
          for (const pod of several) {
            for (const one of suffixes) {
              const renamed = JSON.parse(
                JSON.stringify(pod).replaceAll('kube-api-access-abcde', `kube-api-access-${one}`),
              ) as Pod;
              const request = { pod: renamed, namespace, nodes: [] };
              const { patchBase64 } = remembering.inject(request);
              expect(Buffer.from(patchBase64, 'base64').toString('utf8')).toBe(injector.inject(request).patchJson);
            }
          }
          expect(remembering.size).toBeLessThanOrEqual(10);
        },
      ),
    );
  });

  test('the names of the result are unique and every mount of the proxy has a volume', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const { spec } = inject(pod).pod;
        const all = [...spec.containers, ...(spec.initContainers ?? [])];
        expect(new Set(all.map((one) => one.name)).size).toBe(all.length);
        const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name));
        const proxy = all.find((one) => one.name === 'istio-proxy');
        for (const mount of (proxy?.['volumeMounts'] ?? []) as { name: string }[])
          expect(volumes).toContain(mount.name);
      }),
    );
  });
});

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
    ['DNS capture', { 'proxy.istio.io/config': '{"proxyMetadata":{"ISTIO_META_DNS_CAPTURE":"true"}}' }, /^OR1208/],
    ['log level with a space', { 'sidecar.istio.io/logLevel': 'debug --x' }, /^OR1201/],
  ])('%s refuses the pod, with key, value and what would be right', (_name, annotations, message) => {
    expect(() => inject(podOf(annotations))).toThrow(message);
  });

  test('10,000 annotations, Unicode, control characters and __proto__ keys do no harm', () => {
    const annotations = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    for (let i = 0; i < 10_000; i++) annotations[`proxy.istio.io/x${i}`] = '💥';
    annotations['sidecar.istio.io/y'] = '\u0000\u202e\ud800💥';
    const started = performance.now();
    const outcome = inject(podOf(annotations));
    expect(outcome.decision.inject).toBe(true);
    // Once this took four seconds; the margin is for slow machines.
    expect(performance.now() - started).toBeLessThan(1000);
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

describe('what the pod gets', () => {
  test('unknown keys and keys without effect are warned of, with the nearest known one', () => {
    const { warnings } = inject(
      podOf({
        'sidecar.istio.io/proxyCPULimits': '1',
        'sidecar.istio.io/agentLogLevel': 'debug',
        'proxy.istio.io/config': 'concurency: 2\ntracing: {}',
      }),
    );
    expect(warnings).toEqual([
      'Annotation sidecar.istio.io/proxyCPULimits is unknown and has no effect; did you mean sidecar.istio.io/proxyCPULimit?',
      'Annotation sidecar.istio.io/agentLogLevel has no effect: there is no agent in the sidecar.',
      'proxy.istio.io/config: concurency is unknown; did you mean concurrency?',
      'proxy.istio.io/config: tracing is accepted and has no effect yet.',
    ]);
  });

  test('resource annotations of the namespace count, the pod wins', () => {
    const over = { annotations: { 'sidecar.istio.io/proxyCPU': '10m', 'sidecar.istio.io/proxyMemory': '32Mi' } };
    const { pod } = inject(podOf({ 'sidecar.istio.io/proxyCPU': '20m' }), over);
    expect(pod.spec.initContainers?.find((one) => one.name === 'istio-proxy')?.resources).toEqual({
      requests: { cpu: '20m', memory: '32Mi' },
    });
  });

  test("Istio's image and its agent's arguments in a user's istio-proxy give way, with a warning", () => {
    const { pod, warnings } = inject(
      podOf(
        {},
        {
          containers: [
            { name: 'app', image: 'a' },
            { name: 'istio-proxy', image: 'istio/proxyv2:1.20.0', args: ['proxy', 'sidecar'], tty: true },
          ],
        },
      ),
    );
    const proxy = pod.spec.initContainers?.find((one) => one.name === 'istio-proxy');
    expect([proxy?.image, proxy?.['tty'], proxy?.command]).toEqual(['outrigger/proxy:0.1.0', true, ['envoy']]);
    expect(warnings.join('\n')).toMatch(
      /its image istio\/proxyv2:1.20.0 is Istio's.*\n.*its args are of Istio's agent/,
    );
  });

  test("the containers that are added mount the pod's own token as the API server would", () => {
    const mount = {
      name: 'kube-api-access-x7k2p',
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
      readOnly: true,
    };
    const app = { name: 'app', image: 'a', volumeMounts: [mount] };
    const { pod } = inject(
      podOf({}, { containers: [app], volumes: [{ name: mount.name, projected: { sources: [] } }] }),
    );
    for (const container of pod.spec.initContainers ?? []) expect(container['volumeMounts']).toContainEqual(mount);
    expect(inject(pod).patchJson).toBe('');
  });

  test('a namespace that enforces Pod Security will refuse the pod, and this is said', () => {
    const { warnings } = inject(podOf(), {
      labels: { ...namespace.labels, 'pod-security.kubernetes.io/enforce': 'restricted' } as typeof namespace.labels,
    });
    expect(warnings.join()).toMatch(/enforces Pod Security "restricted".*istio-init/);
  });

  test('a classic sidecar holds the app when a postStart request has to go through it', () => {
    const app = { name: 'app', image: 'a', lifecycle: { postStart: { httpGet: { port: 80 } } } };
    const { pod, warnings } = inject(podOf({ 'sidecar.istio.io/nativeSidecar': 'false' }, { containers: [app] }));
    expect(pod.spec.containers.map((one) => one.name)).toEqual(['istio-proxy', 'app']);
    expect(pod.spec.containers[0]?.lifecycle?.postStart).toEqual({
      exec: { command: ['/usr/local/bin/outrigger-proxy.sh', 'wait'] },
    });
    expect(warnings.join()).toMatch(/tries a postStart request once/);
  });
});

test('a pod that holds the marks of the comparison itself is compared as it is', () => {
  const tricky = podOf({
    note: '\uE0000\uE001\uE0001\uE001',
    'kubectl.kubernetes.io/default-container': '\uE0000\uE001',
  });
  const patched = (pod: Pod) =>
    jsonPatch.applyPatch(structuredClone(pod), [...parsePatch(inject(pod).patchJson)]).newDocument;
  expect(patched(tricky)).toEqual(JSON.parse(JSON.stringify(inject(tricky).pod)));
  const named = podOf({}, { containers: [{ name: '\uE0000\uE001', image: 'a' }] });
  expect(patched(named)).toEqual(JSON.parse(JSON.stringify(inject(named).pod)));
});
