/** `mesh`, or `<namespace>/<name>` of a Gateway that a VirtualService names; `name.namespace.svc…` is its older form. */
export function gatewayId(name: string, namespace: string): string {
  if (name === 'mesh' || name.includes('/')) return name;
  const [first = name, second] = name.split('.');
  return second === undefined ? `${namespace}/${name}` : `${second}/${first}`;
}
