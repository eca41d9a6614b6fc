import { expect, test } from 'vitest';
import { type EditableRoute, readEditable, rebalance, writeMode, writeRoute } from './editable.ts';

const yaml = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews}
spec:
  hosts: [reviews]
  http:
    - match: [{headers: {end-user: {exact: jason}}}]
      fault: {delay: {percentage: {value: 10}, fixedDelay: 2s}} # on purpose
      route: [{destination: {host: reviews, subset: v2}}]
    # the canary
    - route:
        - destination: {host: reviews, subset: v1}
          weight: 90
        - destination: {host: reviews, subset: v3}
          weight: 10
`;

function routesOf(text: string): readonly EditableRoute[] {
  const found = readEditable('VirtualService', text);
  if (found?.kind !== 'routes') throw new Error('no routes');
  return found.routes;
}

test('weights, timeouts and faults are read', () => {
  const [first, second] = routesOf(yaml);
  expect(first).toMatchObject({
    title: 'route 1: headers {"end-user":{"exact":"jason"}}',
    delay: { percent: 10, time: '2s' },
    timeout: '',
  });
  expect(second?.destinations).toEqual([
    { name: 'v1 of reviews', weight: 90 },
    { name: 'v3 of reviews', weight: 10 },
  ]);
});

test('what is changed is written, the rest and its comments stay', () => {
  const [first, second] = routesOf(yaml) as [EditableRoute, EditableRoute];
  const weights = [50, 50];
  const changed = {
    ...second,
    timeout: '3s',
    destinations: second.destinations.map((one, at) => ({ ...one, weight: weights[at] ?? 0 })),
  };
  const text = writeRoute(yaml, second, changed);
  expect(text).toContain('# the canary');
  expect(routesOf(text)[1]).toEqual(changed);
  expect(routesOf(text)[0]).toEqual(first);
  const calm = writeRoute(text, first, { ...first, delay: { percent: 0, time: '' } });
  expect(calm).not.toContain('fault');
  const failing = { ...first, abort: { percent: 5, status: 500 } };
  expect(routesOf(writeRoute(yaml, first, failing))[0]).toEqual(failing);
});

test('modes are written where they are missing, and taken away', () => {
  const peer = 'kind: PeerAuthentication\nspec:\n  mtls:\n    mode: PERMISSIVE # for now\n';
  expect(readEditable('PeerAuthentication', peer)).toMatchObject({ mode: 'PERMISSIVE' });
  expect(writeMode(peer, ['spec', 'mtls', 'mode'], 'STRICT')).toBe(peer.replace('PERMISSIVE', 'STRICT'));
  const rule = writeMode(
    'kind: DestinationRule\nspec:\n  host: a\n',
    ['spec', 'trafficPolicy', 'tls', 'mode'],
    'DISABLE',
  );
  expect(readEditable('DestinationRule', rule)).toMatchObject({ mode: 'DISABLE' });
});

test.each(['', 'a: [', '- 1', 'spec: {http: [1, null, {route: 5}]}', 'spec: {http: {}}'])(
  '%j is no reason to fail',
  (text) => {
    for (const kind of ['VirtualService', 'PeerAuthentication', 'DestinationRule', 'Sidecar']) readEditable(kind, text);
  },
);

test.each([
  [[90, 10], 1, 30, [70, 30]],
  [[50, 25, 25], 0, 0, [0, 50, 50]],
  [[100, 0, 0], 0, 50, [50, 25, 25]],
  [[33, 33, 34], 2, 35, [33, 32, 35]],
  [[0, 0], 0, 250, [100, 0]],
])('%j with %i at %i', (weights, index, value, expected) => expect(rebalance(weights, index, value)).toEqual(expected));

/** The lines of b that a has not. */
const added = (a: string, b: string) => b.split('\n').filter((line) => !a.split('\n').includes(line));

test.each([
  ['as kubectl prints it', yaml.replace('metadata: {name: reviews}', 'metadata:\n  name: reviews')],
  [
    'lists not indented',
    'spec:\n  http:\n  - name: a\n    route:\n    - destination:\n        host: b\n    - destination:\n        host: c\n',
  ],
  ['padded', 'spec:\n  http:\n    - name: a\n      route: [ { destination: { host: b } } ]\n'],
])('only what is changed differs: %s', (_, text) => {
  const [route] = routesOf(text) as [EditableRoute];
  expect(added(text, writeRoute(text, route, { ...route, timeout: '9s' }))).toEqual([
    expect.stringMatching(/^ +timeout: 9s$/),
  ]);
});
