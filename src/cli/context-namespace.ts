import { OutriggerError } from '../errors.ts';

export interface NamespaceFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/**
 * The namespace of names without one, as kubectl takes it: the flag, else that of the context. Look-ups and kill switches
 * in a wrong namespace are worse than none. Throws OR1631.
 */
export async function chosenNamespace(flags: NamespaceFlags): Promise<string> {
  return flags.namespace ?? (await contextNamespace(flags));
}

/** The namespace of the context. Throws OR1631. */
export async function contextNamespace({ kubeconfig, context }: NamespaceFlags): Promise<string> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw new OutriggerError('OR1631', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return config.getContextObject(context ?? config.getCurrentContext())?.namespace ?? 'default';
}
