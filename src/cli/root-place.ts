import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { OutriggerError } from '../errors.ts';
import type { ReplicaAnswer } from '../identity/rotation/proof.ts';
import type { RootReport } from '../identity/rotation/root-report.ts';
import type { AskReplicas, RotationStore } from '../identity/rotation/rotate.ts';
import { RotationFiles } from '../identity/rotation/rotation-files.ts';
import { isObject } from '../model/json.ts';
import { askControlPlanePods } from '../source/kubernetes/control-plane-pods.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { RotationSecrets } from '../source/kubernetes/rotation-secrets.ts';
import { openConnection } from './talking-connection.ts';

export interface RootPlaceFlags {
  readonly stateDir?: string;
  readonly replica: readonly string[];
  readonly caFile?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly port: number;
}

/** Where the root is and who follows it. */
export interface RootPlace {
  readonly store: RotationStore;
  readonly ask: AskReplicas;
  /** Throws OR1801 where no replica could ever be asked. */
  readonly check: () => void;
  /** How long a ConfigMap takes to be in the pods. Milliseconds. */
  readonly mountMs: number;
}

/** Kubelets look once a minute, at what they remembered for up to another. */
const kubeletMs = 120_000;
const reportPath = '/mesh/roots';

/** A state folder and replicas by address, or the Secret and the pods of a cluster. */
export function rootPlace(flags: RootPlaceFlags): RootPlace {
  return flags.stateDir === undefined ? clusterPlace(flags) : folderPlace(flags.stateDir, flags);
}

function folderPlace(stateDir: string, { replica, caFile, port }: RootPlaceFlags): RootPlace {
  const urls = replica.length === 0 ? [`https://localhost:${port}`] : replica;
  const ca = caFile ?? join(stateDir, 'ca.crt');
  return {
    store: new RotationFiles(join(stateDir, 'mesh-root.pem')),
    ask: () => Promise.all(urls.map((url) => askByAddress(url, ca))),
    check: () => void readCa(ca),
    mountMs: 0,
  };
}

function clusterPlace({ kubeconfig, context, namespace, port }: RootPlaceFlags): RootPlace {
  const given = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  const connection = openConnection(createCredentials(given));
  const options = { connection, namespace, port };
  return {
    store: new RotationSecrets(options),
    ask: async () => {
      try {
        const pods = await askControlPlanePods(options, reportPath);
        return pods.map(({ pod, answer }) => ({ replica: pod, report: reportOf(answer) }));
      } catch (error) {
        return [{ replica: namespace, report: reasonOf(error) }];
      }
    },
    check: () => {},
    mountMs: kubeletMs,
  };
}

async function askByAddress(url: string, caFile: string): Promise<ReplicaAnswer> {
  try {
    return { replica: url, report: reportOf(JSON.parse(await get(new URL(reportPath, url), caFile))) };
  } catch (error) {
    return { replica: url, report: reasonOf(error) };
  }
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1801', `it cannot be read (${code})`, { at: path, cause });
  }
}

function get(url: URL, caFile: string): Promise<string> {
  const ca = readCa(caFile);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { ca, agent: false, signal: AbortSignal.timeout(5000) }, (response) => {
      if (response.statusCode === 200) text(response).then(resolve, reject);
      else reject(new Error(`${url.pathname} answers ${response.statusCode}`));
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

/** Only what a control plane of this version says is a report. */
function reportOf(answer: unknown): RootReport | string {
  if (typeof answer === 'string') return answer;
  const whole = isObject(answer) && typeof answer['ready'] === 'boolean';
  const lists = ['roots', 'unpublished', 'workloads', 'proxies'];
  if (whole && lists.every((key) => Array.isArray(answer[key]))) return answer as unknown as RootReport;
  return 'what it answers is no report';
}

function reasonOf(error: unknown): string {
  if (error instanceof OutriggerError) return error.message;
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
