/** An Envoy that answers everything with 1 KB: lighter than any app. */
export function answering(port: number): string {
  const manager = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'app',
    route_config: {
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'x'.repeat(1024) } } },
          ],
        },
      ],
    },
    http_filters: [router],
  };
  return JSON.stringify({
    ...quiet,
    static_resources: { listeners: [listener(port, '0.0.0.0', [{ filters: [connections(manager)] }])] },
  });
}

export const router = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

/** No statistics: what a proxy costs that counts nothing. */
export const quiet = { stats_config: { stats_matcher: { reject_all: true } } };

export function listener(port: number, address: string, chains: readonly unknown[]): unknown {
  return { name: `on-${port}`, address: socket(address, port), filter_chains: chains };
}

export function socket(address: string, port: number): unknown {
  return { socket_address: { address, port_value: port } };
}

export function connections(manager: unknown): unknown {
  return { name: 'envoy.filters.network.http_connection_manager', typed_config: manager };
}

export interface Container {
  readonly name: string;
  readonly command?: readonly string[];
  readonly image?: string;
}

export function envoyContainer(name: string, config: string): Container {
  const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error'];
  return { name, image: 'envoy', command: ['envoy', ...flags, '--config-yaml', config] };
}

/** A Deployment of one pod. */
export function workload(name: string, namespace: string, containers: readonly Container[]): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers } },
    },
  });
}

export const idle: Container = { name: 'client', image: 'outrigger/sample-app' };

/** `headless` leads to the pod itself, without the node's address translation. */
export function service(name: string, namespace: string, selects: string, kind: 'headless' | 'virtual'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      ...(kind === 'headless' ? { clusterIP: 'None' } : {}),
      selector: { app: selects },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    },
  });
}

export function documents(...texts: readonly string[]): string {
  return texts.map((text) => `---\n${text}\n`).join('');
}
