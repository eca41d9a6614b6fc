import type { JsonObject } from '../../../src/model/json.ts';
import type { Pod } from '../../../src/model/pod.ts';
import { textAt, textMapAt } from '../../../src/playground/cluster/json-reading.ts';
import { LivePod, type PodSurroundings } from '../../../src/playground/cluster/live-pod.ts';
import type { ApiClient } from '../../cluster/api.ts';
import { keyOf } from './follow.ts';
import { renderPodStatus } from './pod-status.ts';

export interface NodePodsOptions {
  readonly api: ApiClient;
  readonly node: string;
  readonly nodeIp: string;
  readonly surroundings: PodSurroundings;
}

interface Entry {
  readonly live: LivePod;
  readonly uid: string;
  readonly startTime: string;
  /** The status was changed since it was last written. */
  dirty: boolean;
  writing: boolean;
  ending: boolean;
}

/**
 * Scheduler and kubelet of one node: binds every pod to it, runs those that are bound, writes their status, and ends them as
 * the API server asks.
 */
export class NodePods {
  readonly #options: NodePodsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #binding = new Set<string>();
  #stopped = false;

  constructor(options: NodePodsOptions) {
    this.#options = options;
  }

  get pods(): readonly LivePod[] {
    return [...this.#entries.values()].map(({ live }) => live);
  }

  find(namespace: string, name: string): LivePod | undefined {
    return this.#entries.get(`${namespace}/${name}`)?.live;
  }

  /** The pods of the API server as they are now. */
  reconcile(pods: ReadonlyMap<string, JsonObject>): void {
    if (this.#stopped) return;
    for (const [key, pod] of pods) this.#meet(key, pod);
    for (const [key, entry] of this.#entries) if (!pods.has(key)) this.#end(key, entry);
  }

  #meet(key: string, pod: JsonObject): void {
    const entry = this.#entries.get(key);
    const deleted = textAt(pod, 'metadata', 'deletionTimestamp') !== '';
    if (entry !== undefined) {
      if (deleted || entry.uid !== textAt(pod, 'metadata', 'uid')) this.#end(key, entry);
    } else if (textAt(pod, 'spec', 'nodeName') === '') this.#bind(key, pod, deleted);
    else if (deleted) void this.#remove(pod);
    else if (!isOver(pod)) this.#start(key, pod);
  }

  stop(): void {
    this.#stopped = true;
    for (const { live } of this.#entries.values()) live.abandon();
  }

  #bind(key: string, pod: JsonObject, deleted: boolean): void {
    if (deleted || this.#binding.has(key)) return;
    this.#binding.add(key);
    const [namespace, name] = key.split('/');
    const body = {
      metadata: { name, uid: textAt(pod, 'metadata', 'uid') },
      target: { kind: 'Node', name: this.#options.node },
    };
    void this.#options.api
      .call('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, { body })
      .catch(() => undefined)
      .finally(() => this.#binding.delete(key));
  }

  #start(key: string, object: JsonObject): void {
    const pod = object as unknown as Pod;
    const [namespace = '', name = ''] = key.split('/');
    const desired = {
      ...{ namespace, name, workload: key, revision: '', owner: undefined },
      ...{ labels: textMapAt(object, 'metadata', 'labels'), template: object, subdomain: '' },
    };
    const live = new LivePod(desired, pod, this.#options.surroundings, () => this.#changed(key));
    const startTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const uid = textAt(object, 'metadata', 'uid');
    this.#entries.set(key, { live, uid, startTime, dirty: false, writing: false, ending: false });
    void live.start();
  }

  #end(key: string, entry: Entry): void {
    if (entry.ending) return;
    entry.ending = true;
    void entry.live
      .terminate()
      .catch(() => undefined)
      .then(async () => {
        this.#entries.delete(key);
        if (!this.#stopped) await this.#remove(entry.live.object.object, entry.uid);
      });
  }

  /** The API server lets go of a pod when its kubelet says that it has ended. */
  async #remove(pod: JsonObject, uid = textAt(pod, 'metadata', 'uid')): Promise<void> {
    const [namespace, name] = keyOf(pod).split('/');
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    await this.#options.api
      .call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, { body })
      .catch(() => undefined);
  }

  #changed(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#stopped) return;
    entry.dirty = true;
    if (!entry.writing) void this.#write(key, entry);
  }

  /** One write at a time: the last status wins. */
  async #write(key: string, entry: Entry): Promise<void> {
    entry.writing = true;
    const [namespace, name] = key.split('/');
    while (entry.dirty && !this.#stopped) {
      entry.dirty = false;
      const { live, startTime, uid } = entry;
      const place = { podIp: live.ip, nodeIp: this.#options.nodeIp, startTime };
      const body = { metadata: { uid }, status: renderPodStatus(live.pod, live.status, place) };
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      const contentType = 'application/merge-patch+json';
      const answer = await this.#options.api.call('PATCH', path, { body, contentType }).catch(() => undefined);
      if (answer === undefined || answer.status >= 500) {
        entry.dirty = true;
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    entry.writing = false;
  }
}

function isOver(pod: JsonObject): boolean {
  return ['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase'));
}
