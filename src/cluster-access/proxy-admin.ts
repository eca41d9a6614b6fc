import { readFileSync } from 'node:fs';
import { OutriggerError } from '../errors.ts';
import { type Destination, exchange } from './exchange.ts';
import type { PodName } from './pods.ts';
import type { PodPorts } from './port-forward.ts';

/** Envoy's admin interface of one proxy. Throws OR2532, OR2533. */
export interface ProxyAdmin {
  /** For people: `default/productpage-v1-abc`, or where it is. */
  readonly proxy: string;
  get(path: string): Promise<string>;
  post(path: string): Promise<string>;
}

export const adminPort = 15_000;

/** In a pod, where it listens on loopback alone. */
export function forwardedAdmin(ports: PodPorts, { namespace, name }: PodName): ProxyAdmin {
  const open = () => ports.open(namespace, name, adminPort);
  return adminAt(`${namespace}/${name}`, { kind: 'forwarded', tls: false, open });
}

/** Where no kubelet can forward. */
export function adminAtUrl(url: URL): ProxyAdmin {
  return adminAt(url.host, { kind: 'address', url });
}

function adminAt(proxy: string, to: Destination): ProxyAdmin {
  const ask = async (method: 'GET' | 'POST', path: string): Promise<string> => {
    try {
      return await exchange(to, { method, path });
    } catch (cause) {
      if (cause instanceof OutriggerError) throw cause;
      throw new OutriggerError('OR2533', `${proxy}: ${wordsOf(cause)}`, { cause });
    }
  };
  return { proxy, get: (path) => ask('GET', path), post: (path) => ask('POST', path) };
}

/** A config dump that was kept. It has an answer for nothing else. */
export function adminOfFile(path: string): ProxyAdmin {
  const nothing = async (asked: string): Promise<string> => {
    throw new OutriggerError('OR2534', `a file does not answer ${asked}`, { at: path });
  };
  return {
    proxy: path,
    get: async (asked) => (asked.startsWith('/config_dump') ? readText(path) : nothing(asked)),
    post: nothing,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (cause) {
    throw new OutriggerError('OR2534', wordsOf(cause), { at: path, cause });
  }
}

export function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}
