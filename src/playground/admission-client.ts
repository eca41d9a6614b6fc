import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import fastJsonPatch from 'fast-json-patch';
import { OutriggerError } from '../errors.ts';
import { isObject, type Json } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';

/** The API server's side of admission: sends each pod to the webhook and applies its patch. */
export class AdmissionClient {
  readonly #url: string;
  readonly #agent: Agent;

  constructor(target: { readonly webhookUrl: string; readonly caPem: string }) {
    this.#url = target.webhookUrl;
    this.#agent = new Agent({ ca: target.caPem, keepAlive: true, maxSockets: 8 });
  }

  /** The pod as it would be stored. Throws OR2306: like a failurePolicy of Fail. */
  async admit(pod: Pod): Promise<Pod> {
    const uid = randomUUID();
    const at = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const answer = await this.#post(JSON.stringify(reviewOf(pod, uid))).catch((cause: unknown) => {
      throw new OutriggerError('OR2306', cause instanceof Error ? cause.message : String(cause), { at, cause });
    });
    const response = isObject(answer) && isObject(answer['response']) ? answer['response'] : {};
    if (response['allowed'] !== true || response['uid'] !== uid) {
      throw new OutriggerError('OR2306', JSON.stringify(response['status'] ?? answer), { at });
    }
    const { patch } = response;
    if (typeof patch !== 'string') return pod;
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
    return fastJsonPatch.applyPatch(structuredClone(pod), operations).newDocument;
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(body: string): Promise<Json> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const asked = request(this.#url, { method: 'POST', agent: this.#agent, headers, timeout: 10_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          try {
            resolve(JSON.parse(text));
          } catch {
            reject(new Error(`HTTP ${response.statusCode}: ${text.slice(0, 200)}`));
          }
        });
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer in 10 s')));
      asked.on('error', reject);
      asked.end(body);
    });
  }
}

function reviewOf(pod: Pod, uid: string): object {
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group: '', version: 'v1', kind: 'Pod' },
      resource: { group: '', version: 'v1', resource: 'pods' },
      operation: 'CREATE',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      object: pod,
      oldObject: null,
      dryRun: false,
    },
  };
}
