import type { Command } from 'commander';
import { findPod, nameOf } from '../cluster-access/pods.ts';
import { adminAtUrl, adminOfFile, forwardedAdmin, type ProxyAdmin } from '../cluster-access/proxy-admin.ts';
import { accessOf, type ClusterFlags, urlOf } from './cluster-flags.ts';
import { chosenNamespace } from './context-namespace.ts';

export interface ProxyFlags extends ClusterFlags {
  readonly url?: URL;
  readonly file?: string;
}

export interface ChosenProxy {
  /** `<namespace>/<pod>`; undefined: nobody said which it is. */
  readonly id: string | undefined;
  readonly admin: ProxyAdmin;
}

export function addProxyOptions(command: Command): Command {
  return command
    .option('--url <http://host:port>', 'admin port of the proxy, where no port can be forwarded', (text: string) =>
      urlOf(text, ['http:']),
    )
    .option('-f, --file <file>', 'a config dump instead of a running proxy (- is standard input)');
}

/** The proxy of a pod, by a forwarded port, an address or a file. Throws OR2531. */
export async function chosenProxy(given: string | undefined, flags: ProxyFlags): Promise<ChosenProxy> {
  const { connection, ports } = accessOf(flags);
  const apart = flags.file !== undefined ? adminOfFile(flags.file) : flags.url && adminAtUrl(flags.url);
  // The cluster is not asked: the name has to be whole.
  if (apart !== undefined)
    return { id: given === undefined ? undefined : wholeName(given, flags.namespace ?? 'default'), admin: apart };
  const namespace = await chosenNamespace(flags);
  const pod = nameOf(await findPod(connection, { text: given ?? '', namespace }));
  return { id: `${pod.namespace}/${pod.name}`, admin: forwardedAdmin(ports, pod) };
}

function wholeName(given: string, namespace: string): string {
  const dot = given.lastIndexOf('.');
  return dot <= 0 ? `${namespace}/${given}` : `${given.slice(dot + 1)}/${given.slice(0, dot)}`;
}
