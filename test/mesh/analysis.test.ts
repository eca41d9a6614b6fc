import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnalysisInput } from '../../src/analysis/analysis-input.ts';
import { analyze } from '../../src/analysis/analyze.ts';
import type { Finding, ShownRequest } from '../../src/analysis/finding.ts';
import { findingCatalogue } from '../../src/analysis/finding-catalogue.ts';
import { defaultMeshSettings } from '../../src/model/mesh-settings.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { deliveries } from './deliveries.ts';
import { startMesh, type TestMesh } from './fixture.ts';

/** The request that a finding prints goes wrong through real proxies as it says, and right without what was found. */
const envoy = findRequirements();
const folder = join(import.meta.dirname, '../analysis');
const cases = join(folder, 'cases');
const world = readFileSync(join(folder, 'world.yaml'), 'utf8');
const manifest = (code: string, name: string) => readFileSync(join(cases, code, `${name}.yaml`), 'utf8');

/** Every error; and warnings with a request, since what they tell may be meant. */
const shown = Object.entries(findingCatalogue)
  .filter(([code, { severity }]) => severity === 'Error' || code === 'OR3052')
  .map(([code]) => code);

const inputOf = (mesh: TestMesh): AnalysisInput => ({
  ...{ snapshot: mesh.snapshot(), settings: defaultMeshSettings, problems: [], objects: [], proxyImage: '' },
  ...{
    knows: () => true,
    judged: () => true,
    wouldInject: () => undefined,
    systemNamespace: 'outrigger-system',
    showsRequests: true,
  },
});

function findingOf(mesh: TestMesh, code: string): Finding | undefined {
  return analyze(inputOf(mesh)).find((one) => one.code === code && one.request !== undefined);
}

/** `503`, or `reset` where no answer comes. */
async function answerTo(mesh: TestMesh, { from, method, url, headers, via }: ShownRequest): Promise<string> {
  const given = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
  const there = via === undefined ? '' : `-k --connect-to '::${via}'`;
  const ask = `curl -s -o /dev/null -w '%{http_code}' --max-time 5 -X ${method} ${given.join(' ')} ${there} '${url}'`;
  const status = (await mesh.shell(from, `${ask} || true`)).trim();
  return status === '000' ? 'reset' : status;
}

test('each code that has a request has a case here', () => {
  expect(shown.filter((code) => !readdirSync(cases).includes(code))).toEqual([]);
});

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s: requests that findings print', (_, sets) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await startMesh({ envoy: envoy ?? '', manifests: { 'world.yaml': world }, sets });
  });
  afterAll(async () => {
    await mesh?.stop();
  });

  test.each(shown)('%s', (code) => goesWrong(mesh, code, manifest(code, 'fires'), manifest(code, 'quiet')));

  test('OR3051 by the only pod that can call it, which is its own', () => {
    const itself = manifest('OR3051', 'fires-itself');
    return goesWrong(mesh, 'OR3051', itself, itself.replace('mode: DISABLE', 'mode: ISTIO_MUTUAL'));
  });

  test('OR3051 of a subset', () =>
    goesWrong(mesh, 'OR3051', manifest('OR3051', 'fires-subset'), manifest('OR3051', 'quiet-subset')));

  test('OR3070 by a rule of DENY', () =>
    goesWrong(mesh, 'OR3070', manifest('OR3070', 'fires-deny'), manifest('OR3070', 'quiet-deny')));

  test('OR3001 by a gateway', () => goesWrong(mesh, 'OR3001', behindGateway('kart'), behindGateway('cart')));
});

/** What is printed happens, and with what is right the same request is answered. */
async function goesWrong(mesh: TestMesh, code: string, fires: string, quiet: string): Promise<void> {
  await mesh.apply('case.yaml', fires);
  try {
    const { request } = await until(`${code} is found`, () => findingOf(mesh, code), 20);
    if (request === undefined) throw new Error('it has no request');
    // Of a share of the requests one has to go wrong soon.
    const wrong = async () => (await answerTo(mesh, request)) === request.answer || undefined;
    await until(`${request.url} is answered ${request.answer}`, wrong, 20);
    if (request.share === 1) expect(await answerTo(mesh, request)).toBe(request.answer);
    await mesh.apply('case.yaml', quiet);
    const right = async () => (await answerTo(mesh, request)) === '200' || undefined;
    if (!needsMore.includes(code)) await until(`${request.url} is answered 200`, right, 20);
  } finally {
    await mesh.remove('case.yaml');
  }
}

const behindGateway = (host: string) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  selector: {istio: ingress}
  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [web.example]}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web.example]
  gateways: [web]
  http: [{match: [{uri: {prefix: /api}}], route: [{destination: {host: ${host}}}]}]
`;

/** Their quiet case is one in which the same request is refused for another reason (a token is asked for). */
const needsMore = ['OR3072'];
