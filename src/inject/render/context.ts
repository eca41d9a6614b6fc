import type { Json, JsonObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import { canonicalRevision, canonicalService } from '../../model/pod-owner.ts';
import type { InjectionSettings } from '../review/settings.ts';
import { identityAnnotation } from './bootstrap-socket.ts';
import type { ContextInput } from './context-input.ts';
import { proxyEnv } from './env.ts';
import type { SidecarOptions } from './options.ts';
import { proxyVolumeMounts, proxyVolumes } from './volumes.ts';

/**
 * What a template sees, and nothing else: rendering is a function of this value, so that its text can be the
 * key under which the result is remembered. Plain JSON.
 */
export type RenderContext = { readonly [name: string]: Json };

export function buildContext(input: ContextInput): RenderContext {
  const { options, settings, userPod } = input;
  const labels = userPod.metadata.labels ?? {};
  const tproxy = options.mode === 'TPROXY';
  const revision = settings.revision === '' ? 'default' : settings.revision;
  return {
    name: userPod.metadata.name ?? '',
    namespace: input.request.namespace.name,
    podLabels: labels,
    podAnnotations: userPod.metadata.annotations ?? {},
    containerNames: userPod.spec.containers.map((container) => container.name),
    serviceAccount: userPod.spec.serviceAccountName ?? '',
    workload: { ...input.workload },
    revision,
    native: options.native,
    capture: options.mode !== 'NONE',
    image: options.image,
    pullPolicyField: pullPolicy(settings),
    pullSecrets: settings.image.pullSecrets.map((name) => ({ name })),
    containerDefaults: { resources: resources(options), ...pullPolicy(settings) },
    privileged: settings.proxy.privileged,
    seccomp:
      Object.keys(settings.proxy.seccompProfile).length > 0
        ? { seccompProfile: settings.proxy.seccompProfile as JsonObject }
        : {},
    proxySecurity: proxySecurity(options, settings, tproxy),
    uid: options.user.uid,
    gid: options.user.gid,
    labels: { 'security.istio.io/tlsMode': labels['security.istio.io/tlsMode'] ?? 'istio', ...commonLabels(input) },
    gatewayLabels: commonLabels(input),
    annotations: {
      ...{ 'istio.io/rev': revision, ...identityOf(options) },
      ...{ ...defaultContainer(userPod), ...settings.injectedAnnotations },
    },
    gatewayAnnotations: { 'istio.io/rev': revision, ...identityOf(options), ...settings.injectedAnnotations },
    env: proxyEnv(input),
    volumes: proxyVolumes(options),
    volumeMounts: proxyVolumeMounts(options),
    readiness: readiness(options),
    proxyProbes: { ...readiness(options), ...startup(options, settings) },
    lifecycle: lifecycle(options, settings),
  };
}

/** On the pod also where it is the setting of the mesh: the control plane reads it there. */
function identityOf({ identity }: SidecarOptions): Record<string, string> {
  return identity === 'mesh' ? {} : { [identityAnnotation]: identity };
}

function pullPolicy(settings: InjectionSettings): JsonObject {
  return settings.image.pullPolicy === '' ? {} : { imagePullPolicy: settings.image.pullPolicy };
}

function resources(options: SidecarOptions): JsonObject {
  const { requests, limits } = options.resources;
  return { ...(limits ? { limits: { ...limits } } : {}), ...(requests ? { requests: { ...requests } } : {}) };
}

/** TPROXY needs NET_ADMIN and low ports NET_BIND_SERVICE; Linux gives capabilities of a container to root only. */
function proxySecurity(options: SidecarOptions, settings: InjectionSettings, tproxy: boolean): JsonObject {
  const root = tproxy || options.capNetBindService;
  const add = [...(tproxy ? ['NET_ADMIN'] : []), ...(options.capNetBindService ? ['NET_BIND_SERVICE'] : [])];
  return {
    privileged: settings.proxy.privileged,
    allowPrivilegeEscalation: settings.proxy.privileged,
    capabilities: { ...(add.length > 0 ? { add } : {}), drop: ['ALL'] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: !root,
    runAsUser: root ? 0 : options.user.uid,
    runAsGroup: options.user.gid,
  };
}

function commonLabels(input: ContextInput): Record<string, string> {
  const labels = input.userPod.metadata.labels ?? {};
  const network =
    labels['topology.istio.io/network'] || input.request.urlParameters?.['net'] || input.settings.mesh.network;
  return {
    'service.istio.io/canonical-name': canonicalService(labels, input.workload.name),
    'service.istio.io/canonical-revision': canonicalRevision(labels),
    ...(network ? { 'topology.istio.io/network': network } : {}),
  };
}

/** kubectl logs and exec address the app, not the proxy, unless the user says otherwise. */
function defaultContainer(pod: Pod): Record<string, string> {
  const annotations = pod.metadata.annotations ?? {};
  const first = pod.spec.containers.find((container) => container.name !== 'istio-proxy')?.name;
  const keys = ['kubectl.kubernetes.io/default-container', 'kubectl.kubernetes.io/default-logs-container'];
  return Object.fromEntries(
    keys.flatMap((key) => (first === undefined || Object.hasOwn(annotations, key) ? [] : [[key, first]])),
  );
}

function readiness(options: SidecarOptions): JsonObject {
  if (options.statusPort === 0) return {};
  const { initialDelaySeconds, periodSeconds, failureThreshold } = options.readiness;
  return {
    readinessProbe: {
      httpGet: { path: '/healthz/ready', port: 15021 },
      ...(initialDelaySeconds > 0 ? { initialDelaySeconds } : {}),
      periodSeconds,
      timeoutSeconds: 3,
      failureThreshold,
    },
  };
}

function startup(options: SidecarOptions, settings: InjectionSettings): JsonObject {
  if (options.statusPort === 0 || !settings.proxy.startupProbe) return {};
  const failureThreshold = settings.proxy.startupFailureThreshold;
  return {
    startupProbe: {
      httpGet: { path: '/healthz/ready', port: 15021 },
      periodSeconds: 1,
      timeoutSeconds: 3,
      failureThreshold,
    },
  };
}

/**
 * The kubelet runs hooks of all containers when the pod starts to stop, and tries an HTTP hook only once: so
 * both are commands of the image. A classic proxy drains and stays until the app is done; a native one is
 * stopped after the app by the kubelet itself and only drains.
 */
function lifecycle(options: SidecarOptions, settings: InjectionSettings): JsonObject {
  if (Object.keys(settings.proxy.lifecycle).length > 0) return { lifecycle: settings.proxy.lifecycle as JsonObject };
  const script = '/usr/local/bin/outrigger-proxy.sh';
  const seconds = String(Math.ceil(options.proxyConfig.terminationDrainSeconds));
  const preStop = { exec: { command: [script, 'drain', ...(options.native ? ['0'] : [seconds])] } };
  const postStart = { exec: { command: [script, 'wait'] } };
  return { lifecycle: options.hold && !options.native ? { postStart, preStop } : { preStop } };
}
