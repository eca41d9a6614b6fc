import type { CaptureRules, CaptureSettings } from '../../interception/settings.ts';
import type { Container, Pod } from '../../model/pod.ts';
import type { BootstrapInput } from '../render/bootstrap-input.ts';
import { captureSettings } from '../render/capture.ts';
import type { SidecarOptions } from '../render/options.ts';
import { parseBool } from '../review/go-values.ts';
import type { InjectRequest } from '../review/request.ts';
import type { InjectionSettings } from '../review/settings.ts';
import { envValue, replaceContainer, withContainers, withEnv } from './edit.ts';
import { orderContainers, orderInitContainers } from './order.ts';
import { appProbes, type ProberRecord, rewriteProbes } from './probes.ts';
import { parseObject } from './record.ts';
import { finishMetrics } from './scrape.ts';
import { tokenMount, withMount } from './token-mount.ts';

/** What the last stage needs besides the merged pod. */
export interface FinishInput {
  readonly request: InjectRequest;
  readonly options: SidecarOptions;
  readonly settings: InjectionSettings;
  readonly userArgs: readonly string[] | undefined;
  /** Bootstrap facts that do not depend on the app's containers. */
  readonly bootstrap: Omit<BootstrapInput, 'probes' | 'scrape'>;
  readonly renderRules: (settings: CaptureSettings) => CaptureRules;
  /** The arguments of Envoy for a bootstrap. */
  readonly renderArgs: RenderArgs;
}

/** The proxy's own, which a bootstrap may be changed for. */
export interface NewProxy {
  readonly request: InjectRequest;
  /** `ISTIO_META_` variables and what else its node will say of itself, as far as it is text. */
  readonly metadata: ReadonlyMap<string, string>;
}

export type RenderArgs = (
  input: BootstrapInput,
  options: SidecarOptions,
  proxy: NewProxy,
) => { readonly args: readonly string[]; readonly warnings: readonly string[] };

export interface Finished {
  readonly pod: Pod;
  readonly warnings: readonly string[];
  readonly rules: CaptureRules | undefined;
  readonly bootstrap: BootstrapInput | undefined;
}

const proberEnv = 'ISTIO_KUBE_APP_PROBERS';
/** Probes, metrics, rules, arguments, order: all that depends on the merged pod as a whole. */
export function finish(merged: Pod, input: FinishInput): Finished {
  const proxy = findProxy(merged);
  if (proxy === undefined) return { pod: merged, warnings: [], rules: undefined, bootstrap: undefined };
  const probed = finishProbes(merged, proxy, input);
  const measured = finishMetrics(probed.pod, proxy, input.options);
  const { options, settings } = input;
  const init = merged.spec.initContainers?.find((container) => container.name === 'istio-init');
  const rules = init === undefined ? undefined : input.renderRules(captureSettings(options, settings, proxy));
  const bootstrap: BootstrapInput = {
    ...input.bootstrap,
    probes: appProbes(probed.record, allContainers(measured.pod)),
    scrape: measured.targets,
  };
  const rendered = input.renderArgs(bootstrap, options, {
    request: input.request,
    metadata: metadataOf(bootstrap, proxy, input.request),
  });
  const args = mergeArgs(rendered.args, input.userArgs ?? []);
  const finishedProxy = { ...withEnv(proxy, [...measured.env, ...probed.env]), args };
  return {
    pod: arrange(measured.pod, { proxy: finishedProxy, rules, hold: options.hold || probed.needsHold }, options.native),
    warnings: [...probed.warnings, ...measured.warnings, ...rendered.warnings],
    rules,
    bootstrap,
  };
}

/** Kubelet's variables aside, it is what `proxyMetadata` says of the pod when it is there. */
function metadataOf({ nodeMetadata }: BootstrapInput, { env = [] }: Container, { namespace }: InjectRequest) {
  const texts = Object.entries(nodeMetadata).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[key, value]] : [],
  );
  const given = env.flatMap(({ name, value }): [string, string][] =>
    name.startsWith('ISTIO_META_') && typeof value === 'string' ? [[name.slice('ISTIO_META_'.length), value]] : [],
  );
  return new Map([...texts, ...given, ['NAMESPACE', namespace.name]]);
}

/** Envoy takes each flag once: one that the user gives replaces ours, with its value. */
export function mergeArgs(ours: readonly string[], user: readonly string[]): string[] {
  const given = new Set(
    user.filter((argument) => argument.startsWith('-')).map((argument) => argument.split('=')[0] ?? ''),
  );
  if (given.has('-l')) given.add('--log-level');
  const kept = ours.filter(
    (argument, index) => !given.has(argument) && !(given.has(ours[index - 1] ?? '') && !argument.startsWith('--')),
  );
  return [...kept, ...user];
}

export function findProxy(pod: Pod): Container | undefined {
  return allContainers(pod).find((container) => container.name === 'istio-proxy');
}

function allContainers(pod: Pod): Container[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
}

interface Probed {
  readonly pod: Pod;
  readonly record: ProberRecord;
  readonly env: readonly { name: string; value: string }[];
  readonly warnings: readonly string[];
  readonly needsHold: boolean;
}

function finishProbes(pod: Pod, proxy: Container, input: FinishInput): Probed {
  const { options } = input;
  const annotated = parseBool(pod.metadata.annotations?.['sidecar.istio.io/rewriteAppHTTPProbers'] ?? '');
  const wanted = (annotated ?? options.rewriteProbes) && options.statusPort !== 0;
  const previous = (parseObject(envValue(proxy, proberEnv)) ?? {}) as ProberRecord;
  if (!wanted) return { pod, record: previous, env: [], warnings: [], needsHold: false };
  const result = rewriteProbes({
    containers: pod.spec.containers,
    initContainers: pod.spec.initContainers ?? [],
    statusPort: options.statusPort,
    native: options.native,
    previous,
    own: ['istio-proxy', 'istio-init'],
  });
  const hooked = Object.keys(result.record).filter((path) => path.endsWith('/poststartz'));
  const needsHold = hooked.length > 0 && !options.native && !options.hold;
  const holdWarning = `The app starts only once the proxy is ready: the kubelet tries a postStart request once, and the proxy has to be there to pass it on (${hooked.join(', ')}).`;
  return {
    pod: withContainers(pod, result.containers, result.initContainers),
    record: result.record,
    env: Object.keys(result.record).length === 0 ? [] : [{ name: proberEnv, value: JSON.stringify(result.record) }],
    warnings: needsHold ? [...result.warnings, holdWarning] : result.warnings,
    needsHold,
  };
}

interface Arrangement {
  readonly proxy: Container;
  readonly rules: CaptureRules | undefined;
  readonly hold: boolean;
}

function arrange(pod: Pod, { proxy, rules, hold }: Arrangement, native: boolean): Pod {
  const holding =
    hold &&
    !native &&
    proxy.lifecycle?.postStart === undefined &&
    pod.spec.containers.some((one) => one.name === 'istio-proxy');
  const finalProxy = holding ? { ...proxy, lifecycle: { ...proxy.lifecycle, postStart: waitHook } } : proxy;
  const token = tokenMount(pod);
  const mounted = withMount(finalProxy, token);
  const initContainers = replaceContainer(pod.spec.initContainers ?? [], mounted).map((container) =>
    container.name === 'istio-init' && rules !== undefined
      ? withMount(withEnv(container, rulesEnv(rules)), token)
      : container,
  );
  const containers = replaceContainer(pod.spec.containers, mounted);
  return withContainers(pod, orderContainers(containers, hold && !native), orderInitContainers(initContainers, native));
}

export const waitHook = { exec: { command: ['/usr/local/bin/outrigger-proxy.sh', 'wait'] } };

function rulesEnv(rules: CaptureRules): { name: string; value: string }[] {
  return [
    { name: 'OUTRIGGER_IPTABLES_V4', value: rules.v4 },
    { name: 'OUTRIGGER_IPTABLES_V6', value: rules.v6 },
    { name: 'OUTRIGGER_ROUTES', value: rules.routes.join('\n') },
  ];
}
