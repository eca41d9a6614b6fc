import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Pod } from '../../model/pod.ts';
import type { SourceObject } from '../../source/object-source.ts';
import type { Limit } from '../limit.ts';
import type { IpPool } from '../network/ip-pool.ts';
import type { NodeNetwork } from '../network/node-network.ts';
import { type KeptPod, keepPod, namedPortsOf, type PodStatus } from '../pod-runner/keep-pod.ts';
import { rewriteConfigMaps, type TokenFile, tokenFiles, writeVolumes } from '../pod-runner/pod-files.ts';
import type { ImageResolver, PodSandbox } from '../pod-runner/sandbox.ts';
import type { DesiredPod } from './desired-pods.ts';
import type { PlacedPod } from './endpoint-slices.ts';
import { renderStatus } from './pod-status.ts';

/** What all pods of a playground need. */
export interface PodSurroundings {
  readonly network: NodeNetwork;
  readonly pool: IpPool;
  /** So many pods start at once. */
  readonly starts: Limit;
  readonly admit: (pod: Pod) => Promise<Pod>;
  readonly issueToken: (pod: Pod, file: Pick<TokenFile, 'audience' | 'seconds'>) => Promise<string>;
  readonly configMaps: (namespace: string) => Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Folders that CSI drivers of the node mount, by driver. */
  readonly csi?: Readonly<Record<string, string>>;
  readonly image: ImageResolver;
  /** Files below /etc, by name. */
  readonly etc: (pod: Pod, ip: string) => Readonly<Record<string, string>>;
  /** Of all pods. */
  readonly folder: string;
  readonly onProblem: (error: OutriggerError) => void;
}

const pending: PodStatus = { phase: 'Pending', ready: false, message: '', containers: [] };
const firstRetryMs = 1000;
const longestRetryMs = 30_000;
/** Tokens are written anew at four fifths of their life, as the kubelet does. */
const tokenShare = 0.8;
/** Between two looks at the time of day, which may be set at any time. */
const tokenLookMs = 10_000;

/** One pod from its admission to its end. A start that fails is tried again with a new address. */
export class LivePod {
  readonly desired: DesiredPod;
  readonly #around: PodSurroundings;
  readonly #onChange: (pod: LivePod) => void;
  readonly #stop = new AbortController();
  #pod: Pod;
  #status: PodStatus = pending;
  #place: { readonly ip: string; readonly number: number } | undefined;
  #kept: KeptPod | undefined;
  #enter: ((command: readonly string[]) => string[]) | undefined;
  #terminating: string | undefined;
  #tokenTimers: NodeJS.Timeout[] = [];
  #volumes: ReadonlyMap<string, string> = new Map();

  constructor(desired: DesiredPod, pod: Pod, around: PodSurroundings, onChange: (pod: LivePod) => void) {
    this.desired = desired;
    this.#pod = pod;
    this.#around = around;
    this.#onChange = onChange;
  }

  get status(): PodStatus {
    return this.#status;
  }

  get pod(): Pod {
    return this.#pod;
  }

  get ip(): string | undefined {
    return this.#place?.ip;
  }

  get kept(): KeptPod | undefined {
    return this.#kept;
  }

  /** Makes the command line that runs a command in its network; undefined while it has none. */
  get enter(): ((command: readonly string[]) => string[]) | undefined {
    return this.#enter;
  }

  get isTerminating(): boolean {
    return this.#terminating !== undefined;
  }

  get #folder(): string {
    return join(this.#around.folder, `${this.desired.namespace}_${this.desired.name}`);
  }

  /** Resolves when it has started, or was given up for being terminated. */
  async start(): Promise<void> {
    const given = this.#pod;
    for (let retryMs = firstRetryMs; !this.#stop.signal.aborted; retryMs = Math.min(2 * retryMs, longestRetryMs)) {
      const failure = await this.#around.starts.run(() => this.#startOnce(given));
      if (failure === undefined || this.#stop.signal.aborted) return;
      const { namespace, name } = this.desired;
      this.#around.onProblem(
        failure instanceof OutriggerError
          ? failure
          : new OutriggerError('OR2307', failure.message, { at: `${namespace}/${name}`, cause: failure }),
      );
      this.#change({ ...pending, message: failure.message });
      await this.#leave();
      await sleep(retryMs, this.#stop.signal);
    }
  }

  /** As `kubectl delete pod`. */
  async terminate(): Promise<void> {
    this.#terminating = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    this.#onChange(this);
    this.#stop.abort();
    await this.#kept?.terminate();
    await this.#leave();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Only what would go on by itself: whoever calls this removes the rest. */
  abandon(): void {
    this.#stop.abort();
    this.#kept?.abandon();
    for (const timer of this.#tokenTimers.splice(0)) clearTimeout(timer);
  }

  /** The Pod as the API server would show it. */
  get object(): SourceObject {
    const { namespace, name } = this.desired;
    const origin = { kind: 'Pod', namespace, name };
    const nodeIp = this.#around.network.slot.nodeIp;
    const status =
      this.ip === undefined ? { phase: 'Pending' } : renderStatus(this.#status, { podIp: this.ip, nodeIp });
    const deleted = this.#terminating === undefined ? {} : { deletionTimestamp: this.#terminating };
    const metadata = { ...this.#pod.metadata, ...deleted };
    const object = { ...this.#pod, metadata, status } as unknown as JsonObject;
    return { apiVersion: 'v1', ...origin, object, origin };
  }

  /** Undefined while it has no address, and once it has finished. */
  get placed(): PlacedPod | undefined {
    const { ip } = this;
    const { phase, ready } = this.#status;
    if (ip === undefined || phase === 'Succeeded' || phase === 'Failed') return undefined;
    const { metadata, spec } = this.#pod;
    return {
      namespace: this.desired.namespace,
      name: this.desired.name,
      uid: String(metadata['uid'] ?? ''),
      ip,
      labels: metadata.labels ?? {},
      nodeName: spec.nodeName ?? '',
      ready,
      terminating: this.isTerminating,
      hostname: String(spec['hostname'] ?? ''),
      subdomain: String(spec['subdomain'] ?? ''),
      namedPorts: namedPortsOf(this.#pod),
    };
  }

  async #startOnce(given: Pod): Promise<Error | undefined> {
    try {
      if (this.#stop.signal.aborted) return undefined;
      this.#pod = await this.#around.admit(given);
      this.#place = this.#around.pool.take();
      const namespace = await this.#around.network.addPod(this.#place);
      this.#enter = namespace.enter;
      await this.#sysctls(namespace.name);
      // Known to the mesh with its address before its proxy asks for anything.
      this.#change(pending);
      const sandbox = await this.#sandbox(namespace);
      this.#kept = keepPod(sandbox, (status) => this.#change(status));
      await this.#kept.started;
      return this.#kept.running === undefined ? new Error(this.#kept.status.message) : undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #sandbox(namespace: PodSandbox['namespace']): Promise<PodSandbox> {
    const { configMaps, image, etc, network, csi = {} } = this.#around;
    const pod = this.#pod;
    const podIp = this.ip ?? '';
    const root = this.#folder;
    mkdirSync(root, { recursive: true });
    const known = configMaps(this.desired.namespace);
    const files = tokenFiles(pod);
    const tokens = await this.#tokens(files);
    const token = (audience: string): string => tokens.get(audience) ?? '';
    const volumes = writeVolumes(pod, { configMaps: known, token, csi }, join(root, 'volumes'));
    this.#volumes = volumes;
    for (const file of files) this.#renewToken(join(volumes.get(file.volume) ?? root, file.path), file);
    const nodeIp = network.slot.nodeIp;
    return { pod, namespace, podIp, nodeIp, volumes, configMaps: known, image, etc: etc(pod, podIp), root };
  }

  /** One for each audience, for as long as the file wants that wants the longest. */
  async #tokens(files: readonly TokenFile[]): Promise<ReadonlyMap<string, string>> {
    const wanted = [...Map.groupBy(files, ({ audience }) => audience)].map(async ([audience, same]) => {
      const seconds = Math.max(...same.map((file) => file.seconds));
      return [audience, await this.#around.issueToken(this.#pod, { audience, seconds })] as const;
    });
    return new Map(await Promise.all(wanted));
  }

  /** Another content of ConfigMaps that are mounted. */
  refreshConfigMaps(): void {
    if (this.#kept !== undefined)
      rewriteConfigMaps(this.#pod, this.#around.configMaps(this.desired.namespace), this.#volumes);
  }

  #renewToken(path: string, file: TokenFile): void {
    let issuedAt = Date.now();
    const renew = async (): Promise<void> => {
      const age = Date.now() - issuedAt;
      // Of a time to come it is where the clock was set back: nobody would take it.
      if (age >= 0 && age < file.seconds * 1000 * tokenShare) return;
      writeFileSync(`${path}.new`, await this.#around.issueToken(this.#pod, file));
      renameSync(`${path}.new`, path);
      issuedAt = Date.now();
    };
    const { namespace, name } = this.desired;
    const failed = (cause: unknown): void =>
      this.#around.onProblem(
        new OutriggerError('OR2307', 'its token is not renewed', { at: `${namespace}/${name}`, cause }),
      );
    const lookMs = Math.min(tokenLookMs, file.seconds * 1000 * (1 - tokenShare));
    const timer = setInterval(() => void renew().catch(failed), lookMs);
    timer.unref();
    this.#tokenTimers.push(timer);
  }

  async #sysctls(namespace: string): Promise<void> {
    const listed = this.#pod.spec.securityContext?.['sysctls'];
    const settings = (Array.isArray(listed) ? listed : []) as { name?: unknown; value?: unknown }[];
    await this.#around.network.setSysctls(
      namespace,
      settings.map(({ name, value }) => [String(name), String(value)] as const),
    );
  }

  #change(status: PodStatus): void {
    this.#status = status;
    this.#onChange(this);
  }

  async #leave(): Promise<void> {
    for (const timer of this.#tokenTimers.splice(0)) clearTimeout(timer);
    this.#kept?.abandon();
    this.#kept = undefined;
    this.#enter = undefined;
    const place = this.#place;
    if (place === undefined) return;
    this.#place = undefined;
    await this.#around.network.removePod(place.number);
    this.#around.pool.give(place.number);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
