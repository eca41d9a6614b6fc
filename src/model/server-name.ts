/** `*.example.com` is a server name, `*-a.example.com` is none: Envoy would refuse the whole listener. */
export function isServerName(host: string): boolean {
  return !host.startsWith('*') || host === '*' || host.startsWith('*.');
}
