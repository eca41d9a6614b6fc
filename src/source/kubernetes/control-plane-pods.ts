import { OutriggerError } from '../../errors.ts';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import type { KubeConnection } from './connection.ts';

export interface ControlPlanePodsOptions {
  readonly connection: KubeConnection;
  readonly namespace: string;
  /** Of HTTPS in these pods. */
  readonly port: number;
}

/** One replica's answer to a GET: the body, or why there is none. */
export interface PodAnswer {
  readonly pod: string;
  readonly answer: Json | string;
}

/**
 * Asks every pod of the control plane through the API server, which has the way into the cluster and proves the operator's
 * right (`pods/proxy`). Throws OR1630, OR1632 when the pods cannot be listed.
 */
export async function askControlPlanePods(options: ControlPlanePodsOptions, path: string): Promise<PodAnswer[]> {
  const { connection, namespace } = options;
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const listed = await connection.json({ method: 'GET', path: pods, query: { labelSelector: 'app=outrigger' } });
  const items = isObject(listed.body) ? listed.body['items'] : undefined;
  if (listed.status !== 200 || !Array.isArray(items))
    throw new OutriggerError('OR1632', `GET ${pods} answered ${listed.status}`);
  return Promise.all(
    items
      .filter(isObject)
      .filter(runs)
      .map((pod) => ask(options, nameOf(pod), path)),
  );
}

async function ask(
  { connection, namespace, port }: ControlPlanePodsOptions,
  pod: string,
  path: string,
): Promise<PodAnswer> {
  try {
    const way = `/api/v1/namespaces/${namespace}/pods/https:${pod}:${port}/proxy${path}`;
    const { status, body } = await connection.json({ method: 'GET', path: way, timeoutMs: 5000 });
    return { pod, answer: status === 200 ? body : `the API server answers ${status}${messageOf(body)}` };
  } catch (error) {
    return { pod, answer: error instanceof Error ? error.message : String(error) };
  }
}

/** What has ended serves nobody, nor does what has no address yet. What is only ending still does. */
function runs({ status }: JsonObject): boolean {
  if (!isObject(status)) return false;
  const { phase, podIP } = status;
  return typeof podIP === 'string' && podIP !== '' && phase !== 'Succeeded' && phase !== 'Failed';
}

function nameOf(pod: JsonObject): string {
  return isObject(pod['metadata']) ? String(pod['metadata']['name'] ?? '') : '';
}

function messageOf(body: Json): string {
  return isObject(body) && typeof body['message'] === 'string' ? `: ${body['message']}` : '';
}
