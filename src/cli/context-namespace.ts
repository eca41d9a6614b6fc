/** The namespace of the context, as kubectl takes it. */
export async function contextNamespace({
  kubeconfig,
  context,
}: {
  kubeconfig?: string;
  context?: string;
}): Promise<string> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  return config.getContextObject(context ?? config.getCurrentContext())?.namespace ?? 'default';
}
