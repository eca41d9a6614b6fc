import { expect, test } from 'vitest';
import { findingsIn } from './findings-in.ts';

/** Two control planes beside each other; what is outdated depends on which one the pod asks for. */
const plane = (revision: string, image: string, tag?: string) => `---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: w-${revision}${tag ?? ''}, labels: {app: outrigger, outrigger.io/rev: ${revision}${tag === undefined ? '' : `, outrigger.io/tag: ${tag}`}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: outrigger-${revision}, namespace: outrigger-system, labels: {app: outrigger, outrigger.io/rev: ${revision}}}
spec:
  selector: {matchLabels: {app: outrigger, outrigger.io/rev: ${revision}}}
  template:
    metadata: {labels: {app: outrigger, outrigger.io/rev: ${revision}, sidecar.istio.io/inject: 'false'}}
    spec: {containers: [{name: discovery, image: 'a:1', args: [--set, 'injection.image.proxy=${image}']}]}
`;
const planes = plane('blue', 'proxy:1') + plane('green', 'proxy:2') + plane('green', 'proxy:2', 'prod');
const namespace = (labels: string) =>
  `---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ns, labels: {${labels}}}\n`;
const pod = (revision: string, image: string) => `---
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: ns
  labels: {app: web}
  annotations: {sidecar.istio.io/status: '{"revision":"${revision}"}'}
spec: {containers: [{name: app, image: 'a:1'}, {name: istio-proxy, image: '${image}'}]}
status: {phase: Running, podIP: 10.77.0.9, podIPs: [{ip: 10.77.0.9}]}
`;
const bare = `---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: ns}
spec: {containers: [{name: app, image: 'a:1'}]}
status: {phase: Running, podIP: 10.77.0.8, podIPs: [{ip: 10.77.0.8}]}
`;
const found = async (...parts: string[]) =>
  (await findingsIn([{ name: 'given.yaml', text: planes + parts.join('') }]))
    .filter(({ code }) => code.startsWith('OR308'))
    .map(({ code, message }) => `${code} ${message}`);

test.each([
  [
    'an older image of its own revision',
    'istio.io/rev: green',
    pod('green', 'proxy:1'),
    /^OR3081 its proxy is proxy:1, and proxy:2 /,
  ],
  [
    'a namespace that went over',
    'istio.io/rev: green',
    pod('blue', 'proxy:1'),
    /^OR3081 its proxy is of revision blue, and green /,
  ],
  [
    'a tag that was moved',
    'istio.io/rev: prod',
    pod('blue', 'proxy:1'),
    /^OR3081 its proxy is of revision blue, and green /,
  ],
  ['no proxy, by a tag', 'istio.io/rev: prod', bare, /^OR3080 /],
])('%s', async (_, labels, given, expected) => {
  expect(await found(namespace(labels), given)).toEqual([expect.stringMatching(expected)]);
});

test.each([
  ['each revision has its image', 'istio.io/rev: blue', pod('blue', 'proxy:1')],
  ['the other one', 'istio.io/rev: green', pod('green', 'proxy:2')],
  ['by a tag', 'istio.io/rev: prod', pod('green', 'proxy:2')],
  ['a revision that nobody is', 'istio.io/rev: gone', bare],
])('is quiet: %s', async (_, labels, given) => {
  expect(await found(namespace(labels), given)).toEqual([]);
});

const typed = (image: string, annotation: string) =>
  pod('blue', image).replace('annotations: {', `annotations: {sidecar.istio.io/proxyImageType: ${annotation}, `);

test.each([
  ['by the annotation of the pod', typed('r.io/proxy:1-mine', 'mine')],
  ['by a ProxyConfig', pod('blue', 'r.io/proxy:1-debug')],
  ['by a ProxyConfig, of an image that has one itself', pod('blue', 'r.io/proxy:1')],
])('a type of image is no other image: %s', async (_, given) => {
  const distroless = plane('blue', 'r.io/proxy:1-distroless');
  const files = [{ name: 'given.yaml', text: distroless + namespace('istio.io/rev: blue') + given }];
  expect((await findingsIn(files)).filter(({ code }) => code === 'OR3081')).toEqual([]);
});

test('an image of another version is another one, whatever its type', async () => {
  const files = [typed('r.io/proxy:0-mine', 'mine'), pod('blue', 'r.io/proxy:0-debug'), pod('blue', 'r.io/proxy:1-rc')];
  for (const given of files) {
    const text = plane('blue', 'r.io/proxy:1') + namespace('istio.io/rev: blue') + given;
    const codes = (await findingsIn([{ name: 'given.yaml', text }])).map(({ code }) => code);
    expect(codes.filter((code) => code === 'OR3081')).toEqual(['OR3081']);
  }
});
