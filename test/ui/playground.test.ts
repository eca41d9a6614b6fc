import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMesh, type TestMesh } from '../mesh/fixture.ts';
import { findRequirements } from '../netns/requirements.ts';
import { chromiumPath, complaintsOf, expectAccessible, launch, listen, picture } from './browser.ts';

/** The page of the real control plane of a real Bookinfo under load. */
const envoy = findRequirements();
const checkout = resolve(import.meta.dirname, '../..');
const sample = join(checkout, 'manifests/samples/bookinfo');
const perSecond = 20;

const plaintext = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: details}
spec: {host: details, trafficPolicy: {tls: {mode: DISABLE}}}
`;
const failing = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings}
spec:
  hosts: [ratings]
  http:
    - fault: {abort: {percentage: {value: 50}, httpStatus: 500}}
      route: [{destination: {host: ratings}}]
`;

const denied = `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: no-details}
spec:
  selector: {matchLabels: {app: details}}
  action: DENY
  rules: [{to: [{operation: {methods: [GET]}}]}]
`;

describe.skipIf(chromiumPath === undefined || envoy === undefined)('Bookinfo under load', () => {
  let mesh: TestMesh;
  let browser: Browser;
  let page: Page;
  let load: NodeJS.Timeout;

  beforeAll(async () => {
    await build({ configFile: join(checkout, 'web/vite.config.ts') });
    const manifests = Object.fromEntries(
      readdirSync(sample).map((name) => [name, readFileSync(join(sample, name), 'utf8')]),
    );
    mesh = await startMesh({ envoy: envoy ?? '', manifests, concurrency: 1, forwards: { 80: 0 } });
    const port = mesh.playground.forwards.get(80) ?? 0;
    let sent = 0;
    load = setInterval(() => {
      // Version 2 of the reviews is jason's alone.
      const headers = sent++ % 3 === 0 ? { 'end-user': 'jason' } : {};
      get({ host: '127.0.0.1', port, path: '/productpage', headers }, (response) => response.resume()).on(
        'error',
        () => {},
      );
    }, 1000 / perSecond);
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    clearInterval(load);
    await browser?.close();
    await mesh?.stop();
  });

  const visit = async (hash: string) => {
    page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage();
    listen(page);
    await page.goto(`${mesh.control().dashboardUrl}/${hash}`);
  };
  const leave = async () => {
    const complaints = complaintsOf(page);
    await page.context().close();
    expect(complaints).toEqual([]);
  };

  test('the graph shows who calls whom, each call locked; opens a lock when a client sends in plaintext, and closes it', async () => {
    await visit('#/graph?range=15');
    await page.getByText('7 nodes, 7 calls').waitFor();
    await page.getByText('no call seen in plaintext').waitFor();
    await page.getByText('no problems').waitFor();
    await expectAccessible(page);
    await picture(page, 'real-graph');
    const start = Date.now();
    await mesh.apply('plaintext.yaml', plaintext);
    await page.getByRole('button', { name: '1 call in plaintext' }).waitFor({ timeout: 15_000 });
    console.log(`the lock opened after ${((Date.now() - start) / 1000).toFixed(1)} s`);
    await page.getByRole('combobox', { name: 'Show' }).selectOption('plaintext');
    await page.getByText('2 nodes, 1 call,').waitFor();
    await page.getByRole('button', { name: 'List' }).click();
    const call = page.getByRole('row', { name: /productpage-v1 v1 → details-v1 v1/ });
    await call.getByText(/plaintext|% mutual TLS/).waitFor();
    await picture(page, 'real-plaintext');
    await call.getByRole('button').click();
    await page.locator('.details').getByRole('link', { name: 'DestinationRule default/details' }).waitFor();
    await page.getByRole('link', { name: /changes? in the last minute/ }).click();
    await page.getByRole('row', { name: /added DestinationRule details default/ }).waitFor();
    await page.goBack();
    await mesh.remove('plaintext.yaml');
    await page.getByText('No call seen in plaintext').waitFor({ timeout: 30_000 });
    await leave();
  });

  test.each([
    ['#/services', /Services \(\d+\)/, /healthy/],
    ['#/services/default/reviews', /The rule before it is for some requests/, /10\.\d+\.\d+\.\d+:9080/],
    ['#/workloads', /Workloads \(\d+\)/, /istio-ingressgateway/],
    ['#/workloads/default/reviews-v3', /Called by/, /SYNCED/],
    ['#/workloads/istio-ingress/istio-ingressgateway', /where it listens: 80/, /where requests for/],
    ['#/security', /Namespaces/, /nobody has called in plaintext/],
    ['#/fan-out', /calls per request/, /istio-ingressgateway/],
    ['#/config', /Resources \(\d+\)/, /VirtualService/],
    ['#/config/VirtualService/default/reviews', /subset: v3/, /Nothing is wrong with it/],
  ])('%s has what the mesh is', async (hash, ...texts) => {
    await visit(hash);
    for (const text of texts) await page.getByText(text).first().waitFor();
    await picture(page, `real-${hash.replace(/\W+/g, '-')}`);
    for (const [name, width, height] of [
      ['phone', 360, 740],
      ['wall', 3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      await picture(page, `real-${hash.replace(/\W+/g, '-')}-${name}`);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await expectAccessible(page);
    await leave();
  });

  test('the log of a proxy as it is', async () => {
    await visit('#/workloads/default/reviews-v3');
    await page.getByRole('button', { name: 'Show logs' }).click();
    await page.getByLabel('Container').selectOption('istio-proxy');
    await page
      .getByRole('log', { name: 'Log of istio-proxy' })
      .getByText(/^\[\d{4}-\d\d-\d\d .*\]\[\w+\]/)
      .first()
      .waitFor();
    await leave();
  });

  test('an injection is previewed as it would be', async () => {
    await visit('#/injection');
    await page.getByRole('button', { name: 'Preview' }).click();
    await page.getByRole('heading', { name: 'Pod web gets a proxy' }).waitFor();
    await page
      .getByText(/^\+ +- name: istio-proxy|^\+ .*istio-init/)
      .first()
      .waitFor();
    await page.getByText(/The proxy adds: requests/).waitFor();
    await expectAccessible(page);
    await leave();
  });

  /** Those of the README: `OUTRIGGER_SCREENSHOTS=DIR npx vitest run --project ui test/ui/playground.test.ts`, then `readme-*` of it. */
  test('what the README shows: one lock open and whose doing that is, one service that fails and by whom', async () => {
    await mesh.apply('plaintext.yaml', plaintext);
    await mesh.apply('failing.yaml', failing);
    await visit('#/graph?range=15');
    await page.getByRole('button', { name: '1 call in plaintext' }).waitFor({ timeout: 30_000 });
    await page
      .locator('[data-node]', { hasText: 'reached no pod' })
      .and(page.locator('.state-failing'))
      .waitFor({ timeout: 30_000 });
    await page
      .getByText(/[1-9](\.\d+)?\/s · 100 % err/)
      .first()
      .waitFor({ timeout: 30_000 });
    await picture(page, 'readme-graph');
    await page.goto(`${mesh.control().dashboardUrl}/#/services/default/ratings`);
    await page
      .locator('.health-line')
      .getByText(/caller’s proxy: 500 FI/)
      .waitFor({ timeout: 30_000 });
    await page.locator('.health-line').getByText('failing').waitFor({ timeout: 60_000 });
    await picture(page, 'readme-service');
    await page.goto(`${mesh.control().dashboardUrl}/#/security`);
    await page.getByText('100 % of its calls of details-v1 come in plaintext').waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: 'DestinationRule default/details' }).first().waitFor();
    await picture(page, 'readme-security');
    await mesh.remove('plaintext.yaml');
    await mesh.remove('failing.yaml');
    await leave();
  });

  test('a service that fails is told, with its figure', async () => {
    await mesh.apply('failing.yaml', failing);
    await visit('#/graph?range=15');
    await page
      .getByText(/[1-9]\d*(\.\d+)? % err/)
      .filter({ visible: true })
      .first()
      .waitFor({ timeout: 30_000 });
    await page.getByRole('button', { name: /with problems/ }).waitFor({ timeout: 30_000 });
    await picture(page, 'real-failing');
    await page.goto(`${mesh.control().dashboardUrl}/#/workloads/default/reviews-v3`);
    // The fault is injected where the call begins: it is neither the app nor its own proxy.
    await page
      .getByText(/caller’s proxy: 500 FI/)
      .first()
      .waitFor({ timeout: 30_000 });
    await picture(page, 'real-why');
    await mesh.remove('failing.yaml');
    await leave();
  });

  test('a request that a policy refuses is told of, and which policy it was by its live requests', async () => {
    await mesh.apply('denied.yaml', denied);
    await visit('#/services/default/details');
    await page
      .locator('.health-line')
      .getByText(/policy or app: 403/)
      .waitFor({ timeout: 30_000 });
    await page.getByRole('link', { name: 'which policy?' }).first().click();
    await page.getByRole('button', { name: 'Watch requests' }).click();
    await page
      .getByText(/AuthorizationPolicy default\/no-details/)
      .first()
      .waitFor({ timeout: 30_000 });
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Stop' }).click();
    await mesh.remove('denied.yaml');
    await leave();
  });
});
