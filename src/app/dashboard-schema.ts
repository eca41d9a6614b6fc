import { Type } from 'typebox';

const text = (description: string) => Type.String({ default: '', description });

/** The plain port with the metrics of the control plane and the dashboard. */
export const DashboardSchema = Type.Object({
  enabled: Type.Boolean({ default: true, description: 'Serve the dashboard and the metrics of the control plane.' }),
  host: Type.String({ default: '::', description: 'Address to listen on; :: is every one.' }),
  port: Type.Integer({
    default: 15_014,
    minimum: 0,
    maximum: 65_535,
    description: 'Port, without TLS: for port-forwards, Prometheus and proxies in front; 0 takes any.',
  }),
  mostStreams: Type.Integer({
    default: 256,
    minimum: 1,
    maximum: 100_000,
    description: 'Pages that may follow the graph at the same time.',
  }),
  userHeader: text('Header in which a proxy in front says who asks; empty believes none.'),
  userHeaderFrom: Type.Array(Type.String(), {
    default: [],
    description: 'Addresses (CIDR) of the proxies that are believed; none without.',
  }),
  prometheusUrl: text('Prometheus that has the metrics of the proxies, `http://host:9090`; empty asks the proxies.'),
  grafanaUrl: text(
    'Where users find Grafana; the page links to it, with `{workload}` (`reviews-v1.default`) of a workload.',
  ),
  tracingUrl: text(
    'Where users find traces; the page links to it, with `{service}` as traces name it (`reviews.default`): `http://host:16686/search?service={service}`.',
  ),
});
