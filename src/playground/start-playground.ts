import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asOutriggerError, type OutriggerError } from '../errors.ts';
import { LocalTokens } from '../identity/tokens/local-tokens.ts';
import { loadTokenKey } from '../identity/tokens/token-key.ts';
import type { Pod } from '../model/pod.ts';
import type { ObjectSource } from '../source/object-source.ts';
import type { Source } from '../source/source.ts';
import { AdmissionClient } from './admission-client.ts';
import { KubeApi } from './api/kube-api.ts';
import { playgroundApi } from './api/playground-api.ts';
import { buildSampleApp } from './build-sample-app.ts';
import { Cluster } from './cluster/cluster.ts';
import type { ClusterView } from './cluster/cluster-view.ts';
import { objectsAt, textAt } from './cluster/json-reading.ts';
import type { LivePod } from './cluster/live-pod.ts';
import { type ControlPlane, discoveryName, type StartControlPlane } from './control-plane.ts';
import { DnsServer } from './dns/dns-server.ts';
import type { ZoneEntry } from './dns/zone.ts';
import { HostForward } from './host-forward.ts';
import { HostLimits } from './host-limits.ts';
import { resolveImages } from './images.ts';
import { Limit } from './limit.ts';
import { type ClaimedSlot, claimSlot } from './network/claim-slot.ts';
import { IpPool } from './network/ip-pool.ts';
import { renderRules, type ServiceRule } from './network/nft-rules.ts';
import { NodeNetwork } from './network/node-network.ts';
import { tailOfPod } from './pod-log.ts';
import type { RunningContainer } from './pod-runner/container.ts';
import { etcFiles } from './pod-runner/etc-files.ts';
import { until } from './pod-runner/until.ts';
import { checkEnvoy, checkRequirements } from './requirements.ts';

export interface PlaygroundOptions {
  /** The manifests. Not started yet; read again when they change. */
  readonly files: Source & ObjectSource;
  readonly startControlPlane: StartControlPlane;
  /** The Envoy binary; undefined when none was found. */
  readonly envoy: string | undefined;
  /** `images/proxy/outrigger-proxy.sh` */
  readonly proxyScript: string;
  /** Worker threads of each proxy; 1 without it. */
  readonly concurrency?: number;
  /** Ports of 127.0.0.1 by the ports of the LoadBalancer service that they lead to: `{80: 8080}`; 0 takes any. */
  readonly forwards?: Readonly<Record<number, number>>;
  /** Names outside of the cluster that its DNS knows, and their addresses. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** Folders that CSI drivers of the node would mount, by driver. */
  readonly csi?: Readonly<Record<string, string>>;
  /** Pods that start at the same time; 4 without it. */
  readonly startsAtOnce?: number;
  /** Whether logs and files are left at the end. */
  readonly keep?: boolean;
  /** Told of pods that do not start; they are tried again. */
  readonly onProblem: (error: OutriggerError) => void;
}

export interface Playground {
  readonly cluster: Cluster;
  readonly controlPlane: ControlPlane;
  /** Of the node: what listens there stands outside of the mesh. */
  readonly nodeIp: string;
  readonly folder: string;
  /** Of the part of Kubernetes' API by which commands look at it. */
  readonly kubeconfig: string;
  /** Port of 127.0.0.1 by that of the LoadBalancer service. */
  readonly forwards: ReadonlyMap<number, number>;
  /** Undefined while there is no such pod. By its whole name, or by the first that begins so. */
  pod(namespace: string, name: string): LivePod | undefined;
  /** Resolves when every pod is ready; rejects with what is not. */
  ready(seconds: number): Promise<void>;
  /** Runs a command in a container, as `kubectl exec` does. */
  exec(pod: LivePod, container: string, command: readonly string[]): ReturnType<RunningContainer['exec']>;
  /** Leaves nothing behind. */
  stop(): Promise<void>;
}

const domain = 'cluster.local';
/** Between two looks at the roots of the mesh. */
const rootsMs = 500;

/** Starts all of it, in order. Throws OR23xx, and what the control plane throws; nothing is left then. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  checkRequirements();
  const envoy = checkEnvoy(options.envoy);
  const claimed = await claimSlot();
  const playground = new RunningPlayground(options, claimed);
  try {
    await playground.start(envoy);
    return playground;
  } catch (error) {
    await playground.stop();
    throw error;
  }
}

class RunningPlayground implements Playground {
  readonly #options: PlaygroundOptions;
  readonly #claimed: ClaimedSlot;
  readonly #stop = new AbortController();
  readonly #network: NodeNetwork;
  readonly #dns = new DnsServer();
  readonly #forwards: HostForward[] = [];
  readonly #limits = new HostLimits();
  readonly #api: KubeApi;
  readonly cluster: Cluster;
  readonly forwards = new Map<number, number>();
  #controlPlane: ControlPlane | undefined;
  #admission: AdmissionClient | undefined;
  #rules: readonly ServiceRule[] = [];
  #applied = '';
  #applying = false;
  #stopped: Promise<void> | undefined;

  constructor(options: PlaygroundOptions, claimed: ClaimedSlot) {
    this.#options = options;
    this.#claimed = claimed;
    this.#network = new NodeNetwork(claimed.slot);
    const onView = (view: ClusterView): void => this.#show(view);
    this.cluster = new Cluster({ files: options.files, slot: claimed.slot, domain, onView });
    const webhookUrl = () => this.controlPlane.webhookUrl;
    const dashboardUrl = () => this.controlPlane.dashboardUrl;
    const { cluster, kubeconfig } = this;
    this.#api = new KubeApi(playgroundApi({ cluster, webhookUrl, dashboardUrl, kubeconfig }));
  }

  get controlPlane(): ControlPlane {
    if (this.#controlPlane === undefined) throw new Error('the control plane has not started');
    return this.#controlPlane;
  }

  get nodeIp(): string {
    return this.#claimed.slot.nodeIp;
  }

  get folder(): string {
    return this.#claimed.folder;
  }

  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  async start(envoy: string): Promise<void> {
    const { startControlPlane, proxyScript, concurrency = 1, startsAtOnce = 4 } = this.#options;
    const { slot, folder } = this.#claimed;
    await this.#network.create();
    await this.#dns.start(slot.dnsIp);
    await this.cluster.start(this.#stop.signal);
    const stateFolder = join(folder, 'state');
    // In a file, where a control plane that is a process of its own looks for it.
    const tokens = new LocalTokens({
      key: await loadTokenKey(join(stateFolder, 'token-key.pem')),
      now: () => Date.now(),
    });
    const controlPlane = await startControlPlane({
      source: this.cluster,
      tokens,
      host: slot.nodeIp,
      discoveryName,
      nameserver: slot.dnsIp,
      stateFolder,
      concurrency,
      localLog: (asked) => tailOfPod(this.pod(asked.namespace, asked.pod), asked),
    });
    this.#controlPlane = controlPlane;
    const admission = new AdmissionClient(controlPlane);
    this.#admission = admission;
    const places = { envoy, proxyScript, node: process.execPath, sampleApp: await buildSampleApp(join(folder, 'app')) };
    this.cluster.startPods({
      network: this.#network,
      pool: new IpPool(slot),
      starts: new Limit(startsAtOnce),
      admit: (pod) => {
        this.#limits.need(this.cluster.pods.length);
        return admission.admit(pod);
      },
      issueToken: async (pod, { seconds }) => tokens.issue(subjectOf(pod), seconds * 1000),
      configMaps: (namespace) => ({
        ...this.cluster.configMaps(namespace),
        'istio-ca-root-cert': { 'root-cert.pem': controlPlane.rootPem },
      }),
      csi: this.#options.csi ?? {},
      image: resolveImages(places),
      etc: (pod, ip) => etcFiles(pod, ip, { dnsIp: slot.dnsIp, domain }),
      folder: join(folder, 'pods'),
      onProblem: this.#options.onProblem,
    });
    this.#carryRoots(controlPlane);
    await this.#api.start();
    await this.#forward();
  }

  /** The root of the mesh may be replaced while pods run. */
  #carryRoots(controlPlane: ControlPlane): void {
    let before = controlPlane.rootPem;
    const look = (): void => {
      if (controlPlane.rootPem === before) return;
      before = controlPlane.rootPem;
      for (const pod of this.cluster.pods) pod.refreshConfigMaps();
    };
    const timer = setInterval(look, rootsMs);
    timer.unref();
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  pod(namespace: string, name: string): LivePod | undefined {
    const pods = this.cluster.pods.filter((pod) => pod.desired.namespace === namespace && !pod.isTerminating);
    return pods.find((pod) => pod.desired.name === name) ?? pods.find((pod) => pod.desired.name.startsWith(`${name}-`));
  }

  async ready(seconds: number): Promise<void> {
    const lagging = (): readonly LivePod[] =>
      this.cluster.pods.filter(({ status }) => !status.ready && status.phase !== 'Succeeded');
    const describe = ({ desired, status }: LivePod): string => `${desired.name} ${status.phase} ${status.message}`;
    await until(
      () => `pods are ready: ${lagging().map(describe).join('; ')}`,
      () => this.cluster.pods.length > 0 && lagging().length === 0,
      seconds,
    );
    // Names and routes follow the pods after a moment.
    await sleep(100);
    await until('routes are applied', () => !this.#applying, 10);
  }

  async exec(pod: LivePod, container: string, command: readonly string[]) {
    const running = pod.kept?.running?.container(container);
    if (running === undefined) throw new Error(`${pod.desired.name} does not run`);
    return running.exec(command);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    this.cluster.stop();
    for (const forward of this.#forwards) forward.stop();
    this.#api.stop();
    this.#admission?.close();
    await this.#controlPlane?.stop().catch((error: unknown) => this.#options.onProblem(asOutriggerError(error)));
    this.#dns.stop();
    this.#limits.restore();
    await this.#claimed.release(this.#options.keep === true ? 'keep' : 'remove');
  }

  async #forward(): Promise<void> {
    for (const [port, wanted] of Object.entries(this.#options.forwards ?? {})) {
      const forward = new HostForward(() => this.#targetsOf(Number(port)));
      this.#forwards.push(forward);
      this.forwards.set(Number(port), await forward.start(wanted));
    }
  }

  /** Of a port of the first service of type LoadBalancer that has it. */
  #targetsOf(port: number): ServiceRule['targets'] {
    const balancers = this.cluster
      .services()
      .filter(({ object }) => textAt(object, 'spec', 'type') === 'LoadBalancer')
      .filter(({ object }) => objectsAt(object, 'spec', 'ports').some((one) => one['port'] === port))
      .map(({ object }) => textAt(object, 'spec', 'clusterIP'));
    return this.#rules.find((rule) => rule.port === port && balancers.includes(rule.address))?.targets ?? [];
  }

  #show({ zone, rules }: ClusterView): void {
    const { slot } = this.#claimed;
    const fixed: [string, ZoneEntry][] = [
      [`${discoveryName}.${domain}`, { addresses: [slot.nodeIp] }],
      ...Object.entries(this.#options.hosts ?? {}).map(([name, addresses]): [string, ZoneEntry] => [
        name.toLowerCase(),
        { addresses },
      ]),
    ];
    this.#dns.setZone(new Map([...zone, ...fixed]));
    this.#rules = rules;
    void this.#apply();
  }

  /** One nft at a time; what changed meanwhile is applied after it. */
  async #apply(): Promise<void> {
    if (this.#applying) return;
    this.#applying = true;
    try {
      for (let text = this.#text(); text !== this.#applied && !this.#stop.signal.aborted; text = this.#text()) {
        this.#applied = text;
        await this.#network.applyServices(this.#rules);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.onProblem(asOutriggerError(error));
    } finally {
      this.#applying = false;
    }
  }

  #text(): string {
    return renderRules(this.#claimed.slot, this.#rules);
  }
}

function subjectOf({ metadata, spec }: Pod) {
  const pod = { name: metadata.name ?? '', uid: String(metadata['uid'] ?? '') };
  return { namespace: metadata.namespace ?? '', serviceAccount: spec.serviceAccountName ?? '', pod };
}
