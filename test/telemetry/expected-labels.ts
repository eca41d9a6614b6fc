/**
 * What every label of every standard metric must say of Bookinfo's edges, written down by hand from Istio's page of metrics
 * (https://istio.io/latest/docs/reference/config/metrics/): nothing here is computed by the code under test.
 */
export type Labels = Readonly<Record<string, string>>;

const bookinfo = (app: string, version: string) => ({
  ...{ workload: `${app}-${version}`, workload_namespace: 'default', app, version, cluster: 'Kubernetes' },
  ...{ canonical_service: app, canonical_revision: version },
  principal: `spiffe://cluster.local/ns/default/sa/bookinfo-${app}`,
});
const gateway = {
  ...{ workload: 'istio-ingressgateway', workload_namespace: 'istio-ingress', cluster: 'Kubernetes' },
  ...{ app: 'unknown', version: 'unknown' },
  ...{ canonical_service: 'istio-ingressgateway', canonical_revision: 'latest' },
  principal: 'spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway',
};
const plainClient = (app: string) => ({
  ...{ workload: `${app}-v1`, workload_namespace: 'default', app, version: 'v1', cluster: 'Kubernetes' },
  ...{ canonical_service: app, canonical_revision: 'v1', principal: `spiffe://cluster.local/ns/default/sa/${app}` },
});
const nobody = {
  ...{ workload: 'unknown', workload_namespace: 'unknown', app: 'unknown', version: 'unknown', cluster: 'unknown' },
  ...{ canonical_service: 'unknown', canonical_revision: 'unknown', principal: 'unknown' },
};

const side = (which: 'source' | 'destination', facts: Labels): Labels =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${which}_${name}`, value]));
const service = (name: string, namespace = 'default'): Labels => ({
  destination_service: `${name}.${namespace}.svc.cluster.local`,
  destination_service_name: name,
  destination_service_namespace: namespace,
});
const answered: Labels = { request_protocol: 'http', response_code: '200', response_flags: '-' };
const onTcp: Labels = { request_protocol: 'tcp', response_flags: '-' };

export interface Edge {
  readonly name: string;
  /** By whom it is told. */
  readonly reporter: 'source' | 'destination';
  readonly metrics: 'requests' | 'connections';
  readonly labels: Labels;
}

const call = (name: string, from: Labels, to: Labels, more: Labels): Edge[] => {
  const both = { ...side('source', from), ...side('destination', to), ...more, ...answered };
  return [
    {
      ...{ name, reporter: 'source', metrics: 'requests' },
      labels: { ...both, reporter: 'source', connection_security_policy: 'unknown' },
    },
    {
      ...{ name, reporter: 'destination', metrics: 'requests' },
      labels: { ...both, reporter: 'destination', connection_security_policy: 'mutual_tls' },
    },
  ];
};
const [productpage, details, ratings] = [
  bookinfo('productpage', 'v1'),
  bookinfo('details', 'v1'),
  bookinfo('ratings', 'v1'),
];

export const edges: readonly Edge[] = [
  ...call('gateway to productpage', gateway, productpage, service('productpage')),
  ...call('productpage to details', productpage, details, service('details')).map((edge) =>
    // The delay is a fault: the caller's proxy says so.
    edge.reporter === 'source' ? { ...edge, labels: { ...edge.labels, response_flags: 'DI' } } : edge,
  ),
  ...['v1', 'v2', 'v3'].flatMap((version) =>
    call(`productpage to reviews ${version}`, productpage, bookinfo('reviews', version), service('reviews')),
  ),
  ...['v2', 'v3'].flatMap((version) =>
    call(`reviews ${version} to ratings`, bookinfo('reviews', version), ratings, service('ratings')),
  ),
  {
    ...{ name: 'refused by the gateway', reporter: 'source', metrics: 'requests' },
    labels: {
      ...{ ...side('source', { ...gateway, principal: 'unknown' }), ...side('destination', nobody) },
      ...{ ...service('productpage'), ...answered, response_code: '503', response_flags: 'FI', reporter: 'source' },
      ...{ connection_security_policy: 'unknown', destination_cluster: 'Kubernetes' },
    },
  },
  {
    ...{ name: 'client to store', reporter: 'source', metrics: 'connections' },
    labels: {
      ...{
        ...side('source', plainClient('client')),
        ...side('destination', plainClient('store')),
        ...service('store'),
      },
      ...{ ...onTcp, reporter: 'source', connection_security_policy: 'unknown' },
    },
  },
  {
    // Of a connection a server knows the certificate alone.
    ...{ name: 'client to store', reporter: 'destination', metrics: 'connections' },
    labels: {
      ...side('source', { ...nobody, principal: plainClient('client').principal }),
      ...{ ...side('destination', plainClient('store')), ...service('store') },
      ...{ ...onTcp, reporter: 'destination', connection_security_policy: 'mutual_tls' },
    },
  },
  {
    ...{ name: 'somebody without a proxy to store', reporter: 'destination', metrics: 'connections' },
    labels: {
      ...{ ...side('source', nobody), ...side('destination', { ...plainClient('store'), principal: 'unknown' }) },
      ...{ ...service('store'), ...onTcp, reporter: 'destination', connection_security_policy: 'none' },
    },
  },
  {
    ...{ name: 'client to somebody outside', reporter: 'source', metrics: 'requests' },
    labels: {
      ...side('source', { ...plainClient('client'), principal: 'unknown' }),
      ...{ ...side('destination', nobody), destination_cluster: 'Kubernetes' },
      ...{ destination_service: 'outside.example', destination_service_name: 'PassthroughCluster' },
      ...{ destination_service_namespace: 'unknown', ...answered },
      ...{ reporter: 'source', connection_security_policy: 'unknown' },
    },
  },
  {
    ...{ name: 'closed to somebody unknown', reporter: 'source', metrics: 'requests' },
    labels: {
      ...side('source', { ...plainClient('closed'), principal: 'unknown' }),
      ...{ ...side('destination', nobody), destination_cluster: 'Kubernetes' },
      ...{ destination_service: 'outside.example', destination_service_name: 'BlackHoleCluster' },
      ...{ destination_service_namespace: 'unknown', request_protocol: 'http', response_code: '502' },
      ...{ response_flags: '-', reporter: 'source', connection_security_policy: 'unknown' },
    },
  },
  {
    ...{ name: 'somebody without a proxy to productpage', reporter: 'destination', metrics: 'requests' },
    labels: {
      ...{ ...side('source', nobody), ...side('destination', { ...productpage, principal: 'unknown' }) },
      ...{ ...service('productpage'), ...answered, reporter: 'destination', connection_security_policy: 'none' },
    },
  },
];
