import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { OutriggerError } from '../../errors.ts';
import { isObject, type Json } from '../../model/json.ts';

/** Where the cluster and the credentials come from; all absent means what kubectl would use, else in-cluster. */
export interface CredentialsOptions {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string;
  /** A context of the kubeconfig instead of its current one. */
  readonly context?: string;
  /** The service account of the pod that this process runs in. */
  readonly inCluster?: boolean;
}

export interface Target {
  readonly server: string;
  /** TLS settings, agent (proxies included) and the authorization header. */
  readonly options: RequestOptions;
}

export interface Credentials {
  /** Throws OR1631 when the configuration cannot be used. */
  target(): Promise<Target>;
  /** Reads files (kubeconfig, token, CA) again before the next `target`. */
  reload(): void;
}

/** @kubernetes/client-node costs 365 ms to import: it is loaded by the first `target`, never at start. */
export function createCredentials(options: CredentialsOptions): Credentials {
  let loading: ReturnType<typeof loadConfig> | undefined;
  const target = async (): Promise<Target> => {
    loading ??= loadConfig(options);
    const config = await loading;
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new OutriggerError('OR1631', 'the chosen context names no cluster');
    const applied: RequestOptions = { headers: {} };
    await config.applyToHTTPSOptions(applied);
    return { server, options: { ...applied, headers: trimmed(applied.headers) } };
  };
  return {
    target: async () => {
      try {
        return await target();
      } catch (error) {
        loading = undefined;
        if (error instanceof OutriggerError) throw error;
        throw new OutriggerError('OR1631', error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
    reload: () => {
      loading = undefined;
    },
  };
}

/** For what client-node does by itself, port-forwards. Throws OR1631. */
export async function kubeConfig(options: CredentialsOptions) {
  try {
    return await loadConfig(options);
  } catch (error) {
    if (error instanceof OutriggerError) throw error;
    throw new OutriggerError('OR1631', error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What client-node takes where there is no kubeconfig at all. */
const nowhere = 'http://localhost:8080';
const noKubeconfig = 'there is no kubeconfig: KUBECONFIG names none, there is no ~/.kube/config, and this is no pod';

async function loadConfig(options: CredentialsOptions) {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (options.inCluster === true) config.loadFromCluster();
  else if (options.kubeconfig !== undefined) {
    config.loadFromFile(options.kubeconfig);
    const files = tokenFiles(options.kubeconfig);
    // client-node knows token files only of its in-cluster user; a kubeconfig may name one for any user.
    config.users = config.users.map((user) => {
      const tokenFile = files.get(user.name);
      return tokenFile === undefined ? user : { ...user, authProvider: { name: 'tokenFile', config: { tokenFile } } };
    });
  } else {
    config.loadFromDefault();
    if (config.getCurrentCluster()?.server === nowhere) throw new OutriggerError('OR1631', noKubeconfig);
  }
  if (options.context !== undefined) {
    if (config.getContextObject(options.context) === null) {
      const known = config.getContexts().map((context) => context.name);
      throw new OutriggerError('OR1631', `there is no context "${options.context}"; there are: ${known.join(', ')}`);
    }
    config.setCurrentContext(options.context);
  }
  return config;
}

/** `users[].user.tokenFile` of a kubeconfig, by user; relative paths count from the file. */
function tokenFiles(kubeconfig: string): Map<string, string> {
  const content: Json = parse(readFileSync(kubeconfig, 'utf8'));
  const users = isObject(content) && Array.isArray(content.users) ? content.users : [];
  const found = new Map<string, string>();
  for (const entry of users) {
    if (!isObject(entry) || typeof entry.name !== 'string' || !isObject(entry.user)) continue;
    const file = entry.user.tokenFile;
    if (typeof file === 'string') found.set(entry.name, resolve(dirname(kubeconfig), file));
  }
  return found;
}

/** A token file may end in a line break, which a header must not. */
function trimmed(headers: RequestOptions['headers']): RequestOptions['headers'] {
  if (headers === undefined || Array.isArray(headers)) return headers;
  const { Authorization: authorization } = headers as Record<string, unknown>;
  return typeof authorization === 'string' ? { ...headers, Authorization: authorization.trim() } : headers;
}
