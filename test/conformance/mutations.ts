import type { JsonObject } from '../../src/model/json.ts';
import type { Container, Pod } from '../../src/model/pod.ts';
import type { PodMeaning } from './normalise.ts';

/** Changes one thing of an injected pod in place; 'not here' where this pod has no such thing. */
type Mutation = (pod: JsonObject) => 'not here' | undefined;

const on =
  (change: (pod: Pod) => unknown): Mutation =>
  (pod) =>
    change(pod as unknown as Pod) === 'not here' ? 'not here' : undefined;

const all = (pod: Pod): Container[] => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
const named = (name: string, change: (container: Container, pod: Pod) => unknown): Mutation =>
  on((pod) => {
    const container = all(pod).find((one) => one.name === name);
    return container === undefined ? 'not here' : change(container, pod);
  });
const env = (name: string, change: (value: string) => string): Mutation =>
  named('istio-proxy', (proxy) => {
    const variable = proxy.env?.find((one) => one.name === name);
    if (variable === undefined) return 'not here';
    variable['value'] = change(String(variable['value']));
    return undefined;
  });
const annotations = (pod: Pod): Record<string, string> => pod.metadata.annotations ?? {};

/** One for each field that is compared: a comparison that overlooks it would stay green. */
export const mutations: { readonly [field in keyof PodMeaning]: Mutation } = {
  injected: on((pod) => delete annotations(pod)['sidecar.istio.io/status']),
  userContainers: on((pod) => {
    const app = all(pod).find((one) => one.name !== 'istio-proxy' && one.name !== 'istio-init');
    if (app === undefined) return 'not here';
    app.image = 'changed';
    return undefined;
  }),
  userVolumes: on((pod) => (pod.spec.volumes = [...(pod.spec.volumes ?? []), { name: 'changed', emptyDir: {} }])),
  podFields: on((pod) => (pod.spec['terminationGracePeriodSeconds'] = 7)),
  containerOrder: on((pod) => pod.spec.containers.unshift({ name: 'changed' })),
  initContainerOrder: on(
    (pod) => (pod.spec.initContainers = [{ name: 'changed' }, ...(pod.spec.initContainers ?? [])]),
  ),
  proxyRestartPolicy: named('istio-proxy', (proxy) => {
    if (proxy.restartPolicy === undefined) proxy.restartPolicy = 'Always';
    else delete proxy.restartPolicy;
  }),
  probers: env('ISTIO_KUBE_APP_PROBERS', (value) => value.replace('"port":', '"port":1')),
  capture: named('istio-init', (init) => {
    const rules = init.env?.find((one) => one.name === 'OUTRIGGER_IPTABLES_V4');
    if (rules === undefined || init.args?.[0] !== 'init') return 'not here';
    rules['value'] = String(rules['value']).replace('--to-ports 15001', '--to-ports 15009');
    return undefined;
  }),
  initSecurity: named('istio-init', (init) => (init.securityContext = { ...init.securityContext, runAsUser: 5 })),
  proxySecurity: named('istio-proxy', (proxy) => (proxy.securityContext = { ...proxy.securityContext, runAsUser: 5 })),
  initResources: named('istio-init', (init) => (init.resources = { limits: { cpu: '77m' } })),
  proxyResources: named('istio-proxy', (proxy) => (proxy.resources = { limits: { cpu: '77m' } })),
  proxyProbes: named('istio-proxy', (proxy) => {
    proxy.readinessProbe = { ...proxy.readinessProbe, failureThreshold: 77 };
  }),
  labels: on((pod) => (pod.metadata.labels = { ...pod.metadata.labels, 'service.istio.io/canonical-name': 'changed' })),
  annotations: on((pod) => (annotations(pod)['prometheus.io/port'] = '1')),
  scrapeRecord: env('ISTIO_PROMETHEUS_ANNOTATIONS', (value) => value.replace('"port":"', '"port":"1')),
  statusRevision: on((pod) => {
    const text = annotations(pod)['sidecar.istio.io/status'] ?? '';
    annotations(pod)['sidecar.istio.io/status'] = text.replace('"revision":"default"', '"revision":"changed"');
  }),
  overrides: on((pod) => (annotations(pod)['proxy.istio.io/overrides'] = '{"containers":[{"name":"changed"}]}')),
  token: on((pod) => {
    const volume = pod.spec.volumes?.find((one) => one.name === 'istio-token');
    if (volume === undefined) return 'not here';
    volume['projected'] = { sources: [{ serviceAccountToken: { audience: 'changed', expirationSeconds: 1 } }] };
    return undefined;
  }),
  imagePullSecrets: on((pod) => (pod.spec.imagePullSecrets = [{ name: 'changed' }])),
  identity: env('ISTIO_META_OWNER', () => 'changed'),
};
