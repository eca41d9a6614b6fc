import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { inject, injector, namespace, podOf, settings, texts } from '../../test/injector-fixture.ts';
import type { Container, Pod } from '../model/pod.ts';
import { buildInjector } from './build-injector.ts';
import { parsePatch } from './patch/diff.ts';
import { restorePod } from './patch/restore.ts';
import { rememberInjections } from './remembering.ts';

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

  test('image pull secrets without a name, as charts render them, stay as they are', () => {
    const pullSecrets = buildInjector({ ...settings, image: { ...settings.image, pullSecrets: ['ours'] } }, texts);
    const pod = podOf({}, { imagePullSecrets: [{}, { name: '' }, { name: 'own' }] as never });
    const { pod: injected } = pullSecrets.inject({ pod, namespace, nodes: [] });
    expect(injected.spec.imagePullSecrets).toEqual([{ name: 'ours' }, {}, { name: '' }, { name: 'own' }]);
    expect(restorePod(injected).spec).toEqual(pod.spec);
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

test('a pod that a tag of this revision asks for is injected by whoever was called for it', () => {
  const { injector: remembering } = { injector: rememberInjections(buildInjector(settings, texts), 10) };
  const asked = (tag: string | undefined) =>
    remembering.inject({
      ...{ pod: podOf({}), namespace: { ...namespace, labels: { 'istio.io/rev': 'prod' } }, nodes: [], tag },
    }).decision.decidedBy;
  expect([asked(undefined), asked('prod'), asked('other'), asked('prod')]).toEqual([
    ...['revision_not_installed', 'revision_label', 'revision_not_installed', 'revision_label'],
  ]);
});
