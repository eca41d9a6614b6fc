import { expect, test } from 'vitest';
import { countedWorld, type Labels, requests } from '../../../test/counted-world.ts';
import { servicePage } from './services.ts';
import { workloadPage } from './workloads.ts';

const pod = (version: string, ip: string) => `
apiVersion: v1
kind: Pod
metadata: {name: cart-${version}, namespace: shop, labels: {app: cart, version: ${version}}}
spec: {containers: [{name: app}, {name: istio-proxy}]}
status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: 'True'}]}
---`;
const manifests = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
---${pod('v1', '10.1.0.1')}${pod('v2', '10.1.0.2')}
apiVersion: v1
kind: Namespace
metadata: {name: shop}
`;

const call = (more: Labels): Labels => ({
  ...{ reporter: 'source', source_workload: 'web', source_workload_namespace: 'shop', source_version: 'v1' },
  ...{ destination_service: 'cart.shop.svc.cluster.local', request_protocol: 'http', response_flags: '-' },
  ...more,
});
const to = (version: string) => ({
  ...{ destination_workload: `cart-${version}`, destination_workload_namespace: 'shop', response_code: '200' },
  destination_version: version,
});
const aborted = {
  ...{ destination_workload: 'unknown', destination_workload_namespace: 'unknown', destination_version: 'unknown' },
  ...{ response_code: '500', response_flags: 'FI' },
};

test('a service says how it is and by which figure', () => {
  const world = countedWorld(manifests, [requests(call(to('v1')), 90), requests(call(aborted), 10)]);
  const page = servicePage(world, 'shop', 'cart');
  expect(page.health).toEqual({ state: 'failing', reason: '10 % of requests failed' });
  expect([page.traced, workloadPage(world, 'shop', 'cart-v1')]).toEqual([
    'cart.shop',
    expect.objectContaining({ traced: 'cart.shop', pods: ['cart-v1'] }),
  ]);
});

test('the observed shares of versions are of the requests that reached one: a fault at the caller is of none', () => {
  const world = countedWorld(manifests, [
    requests(call(to('v1')), 30),
    requests(call(to('v2')), 10),
    requests(call(aborted), 60),
  ]);
  expect(servicePage(world, 'shop', 'cart').split.map(({ version, observed }) => [version, observed])).toEqual([
    ['v1', 0.75],
    ['v2', 0.25],
  ]);
});
