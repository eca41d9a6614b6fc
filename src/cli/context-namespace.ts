import { OutriggerError } from '../errors.ts';

/** The namespace of the context, as kubectl takes it. Throws OR1631. */
export async function contextNamespace({
  kubeconfig,
  context,
}: {
  kubeconfig?: string;
  context?: string;
}): Promise<string> {
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
