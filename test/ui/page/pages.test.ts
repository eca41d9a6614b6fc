import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Series, ServicePage as ServicePageAnswer, WorkloadPage } from '../../../src/dashboard/api-types.ts';
import { chromiumPath, complaintsOf, expectAccessible, expectNoSideScroll, picture, useSession } from '../browser.ts';
import { changes, emptyGraph, graph, telemetry } from '../fixtures.ts';
import { hostileNames } from '../hostile.ts';
import type { Answer } from '../page-server.ts';

/** Each page in each state: accessible, within the window, without a complaint of the browser. */
interface PageCase {
  readonly name: string;
  readonly hash: string;
  /** Where its data come from. */
  readonly path: string;
  /** Shown when the data are there. */
  readonly ready: RegExp;
  readonly empty?: { readonly value: unknown; readonly text: RegExp };
}

const cases: readonly PageCase[] = [
  {
    name: 'graph',
    hash: '#/graph',
    path: 'graph/stream',
    ready: /11 nodes, 10 calls/,
    empty: { value: emptyGraph, text: /No workloads yet/ },
  },
  { name: 'graph as list', hash: '#/graph?view=list', path: 'graph/stream', ready: /Nodes \(11\)/ },
  {
    name: 'security',
    hash: '#/security',
    path: 'security',
    ready: /blocked by 1/,
    empty: { value: { calls: [], namespaces: [] }, text: /No calls yet/ },
  },
  {
    name: 'services',
    hash: '#/services',
    path: 'services',
    ready: /Services \(4\)/,
    empty: { value: [], text: /No services yet/ },
  },
  {
    name: 'workloads',
    hash: '#/workloads',
    path: 'graph',
    ready: /Workloads \(9\)/,
    empty: { value: emptyGraph, text: /No workloads yet/ },
  },
  { name: 'service', hash: '#/services/default/reviews', path: 'services/default/reviews', ready: /ejected/ },
  {
    name: 'workload',
    hash: '#/workloads/default/reviews-v3',
    path: 'workloads/default/reviews-v3',
    ready: /31 MB of 64 MB/,
  },
  {
    name: 'config',
    hash: '#/config',
    path: 'config',
    ready: /6 of 7, 1 missing/,
    empty: { value: [], text: /Nothing is configured/ },
  },
  {
    name: 'resource',
    hash: '#/config/VirtualService/default/reviews',
    path: 'config/VirtualService/default/reviews',
    ready: /Show the difference/,
  },
  {
    name: 'fan-out',
    hash: '#/fan-out',
    path: 'fan-out',
    ready: /4\.1 calls per request/,
    empty: { value: { entries: [] }, text: /No requests enter the mesh/ },
  },
];

const desk = { viewport: { width: 1440, height: 900 } } as const;
const phone = { viewport: { width: 360, height: 740 }, hasTouch: true } as const;
const wall = { viewport: { width: 3840, height: 2160 } } as const;
const failed: Answer = {
  status: 500,
  error: { code: 'OR4031', message: 'The figures are lost.', remedy: 'Look at the log.' },
};

describe.skipIf(chromiumPath === undefined)('each page', () => {
  const session = useSession();
  let page: Page | undefined;
  beforeEach(() => session.server.reset());
  afterEach(async () => {
    const complaints = page === undefined ? [] : complaintsOf(page);
    await page?.context().close();
    page = undefined;
    expect(complaints).toEqual([]);
  });

  const look = async (hash: string, options: Parameters<typeof session.visit>[1], text: RegExp) => {
    page = await session.visit(hash, options);
    await page.getByText(text).first().waitFor();
    return page;
  };

  test.each(cases)('$name: light and dark, on a phone, a desk and a wall', async ({ name, hash, ready }) => {
    const shown = await look(hash, { colorScheme: 'light' }, ready);
    await expectAccessible(shown);
    await picture(shown, name);
    await shown.getByLabel('Colours').selectOption('dark');
    await expectAccessible(shown);
    await picture(shown, `${name}-dark`);
    await shown.setViewportSize(phone.viewport);
    await expectNoSideScroll(shown);
    await expectAccessible(shown);
    await picture(shown, `${name}-phone`);
    await shown.setViewportSize(desk.viewport);
    await expectNoSideScroll(shown);
    await picture(shown, `${name}-desk`);
    await shown.setViewportSize(wall.viewport);
    await expectNoSideScroll(shown);
    await picture(shown, `${name}-wall`);
  });

  test.each(cases.filter(({ name }) => name !== 'graph as list'))(
    '$name: loading, then failed, then back',
    async ({ name, hash, path, ready }) => {
      const usual = session.server.answers.get(path) as Answer;
      session.server.answers.set(path, { hangs: true });
      const shown = await look(hash, {}, /^Loading .*…$/);
      await expectAccessible(shown);
      session.server.answers.set(path, failed);
      await shown.reload();
      await shown.getByText('The figures are lost.').waitFor();
      await shown.getByText('OR4031').waitFor();
      await expectAccessible(shown);
      await picture(shown, `${name}-failed`);
      session.server.answers.set(path, usual);
      const again = shown.getByRole('button', { name: 'Try again' });
      if ((await again.count()) > 0) await again.click();
      await shown.getByText(ready).first().waitFor({ timeout: 15_000 });
    },
  );

  test('a service says at the top how it is, whose fault that is, who calls it and which routes are for it', async () => {
    const shown = await look('#/services/default/reviews', { viewport: { width: 1280, height: 720 } }, /ejected/);
    const line = shown.locator('.health-line');
    await line.getByText('failing').waitFor();
    await line.getByText('12.5 % of requests failed').waitFor();
    await line.getByText('in the last minute').waitFor();
    await line
      .getByText(/Most of what did not end well: caller’s proxy: 503 UF no connection to the upstream/)
      .waitFor();
    for (const link of [/VirtualService default\/reviews/, /productpage-v1/]) {
      const box = await shown.getByRole('link', { name: link }).boundingBox();
      expect((box?.y ?? 720) + (box?.height ?? 0)).toBeLessThan(720);
    }
  });

  test.each([
    ['#/services/default/reviews', /ejected/],
    ['#/workloads/default/reviews-v3', /31 MB of 64 MB/],
  ])('%s leads to its traces, by the name that they have', async (hash, ready) => {
    const shown = await look(hash, {}, ready);
    const link = shown.getByRole('link', { name: 'Recent traces' });
    expect(await link.getAttribute('href')).toBe('https://jaeger.example.com/search?service=reviews.default');
  });

  test('who asks which policy has refused is taken to live requests, which begin by a click alone', async () => {
    const shown = await look('#/workloads/default/reviews-v3?live=yes', {}, /31 MB of 64 MB/);
    const watch = shown.getByRole('button', { name: 'Watch requests' });
    await expect.poll(() => watch.evaluate((button) => button === document.activeElement)).toBe(true);
    expect(await watch.getAttribute('aria-pressed')).toBe('false');
  });

  test('whose doing plaintext is: on the graph, in lists, and where it keeps a namespace from STRICT', async () => {
    const link = { name: 'DestinationRule default/productpage' };
    const shown = await look('#/security', {}, /blocked by 1/);
    expect(await shown.getByRole('link', link).count()).toBe(2);
    const at = graph.edges[0]?.id ?? '';
    await shown.goto(`${session.server.address}#/graph?at=${encodeURIComponent(at)}`);
    await shown.locator('.details').getByRole('link', link).click();
    await expect.poll(() => shown.url()).toContain('#/config/DestinationRule/default/productpage');
  });

  test('what changed in the last minute: said on the graph, listed on the page of the configuration', async () => {
    const shown = await look('#/graph', phone, /11 nodes, 10 calls/);
    await shown.getByRole('link', { name: '1 change in the last minute' }).click();
    await shown.getByText(/Changed in the last 15 minutes \(2\)/).waitFor();
    await shown.getByRole('row', { name: /removed.*reviews-v3-x/ }).waitFor();
    await expectAccessible(shown);
    await expectNoSideScroll(shown);
    await picture(shown, 'changes-phone');
    session.server.answers.set('changes', { value: { ...changes, changes: [] } });
    await shown.getByText('Nothing has changed in the last 15 min').waitFor({ timeout: 15_000 });
  });

  test('what is not known is said: proxies of other replicas, and the CPU of Envoy', async () => {
    const shown = await look('#/config', {}, /6 of 7, 1 missing/);
    await shown.getByText('A replica of the control plane cannot be asked').waitFor();
    await shown.getByText('outrigger-1: no answer within 3000 ms').waitFor();
    await shown.goto(`${session.server.address}#/workloads/default/reviews-v3`);
    await shown.getByText('kubectl top pod --containers').first().waitFor();
    await shown.getByText('has refused a part of it, and goes on with what it had').waitFor();
    await shown.getByText('Envoy 1.40.0').waitFor();
  });

  test('which endpoint is ejected, by whom, as it was told; and who does not tell', async () => {
    const shown = await look('#/services/default/reviews', {}, /ejected by/);
    const row = (address: string) => shown.getByRole('row', { name: address });
    const text = async (address: string) => (await row(address).textContent()) ?? '';
    expect(await text('10.0.0.7:9080')).toMatch(
      /ejected by default\/productpage-v1 for v3, seen since .*\d.*ejected by default\/cart, seen since/,
    );
    for (const other of ['10.0.0.5:9080', '10.0.0.6:9080']) expect(await text(other)).not.toContain('ejected');
    await shown.getByText(/productpage-v1-a told which at/).waitFor();
    await shown.getByText(/productpage-v1-b is being asked which/).waitFor();
    await shown.getByText('outrigger proxy-config endpoint cart-0.default').waitFor();
    await shown.getByText(/2 more proxies have ejected some/).waitFor();
  });

  test('a proxy that lies about endpoints is text', async () => {
    const path = 'services/default/reviews';
    const usual = session.server.answers.get(path) as { value: ServicePageAnswer };
    const leftBy = hostileNames.map((name) => ({ client: name, subset: name, flags: [name], since: 0 }));
    const proxies = hostileNames.map((name) => ({ proxy: name, client: name, state: 'silent' as const, at: null }));
    const endpoints = usual.value.endpoints.map((endpoint) => ({ ...endpoint, leftBy }));
    session.server.answers.set(path, { value: { ...usual.value, endpoints, asked: { proxies, others: 0 } } });
    const shown = await look('#/services/default/reviews', phone, /onerror/);
    await expectNoSideScroll(shown);
    await expectAccessible(shown);
    await picture(shown, 'hostile-endpoints-phone');
    expect(
      await shown.evaluate(() => [(window as unknown as { hacked?: number }).hacked, document.images.length]),
    ).toEqual([undefined, 0]);
  });

  test('charts begin where something is known, a minute at least, and all at the same time', async () => {
    const path = 'workloads/default/reviews-v3';
    const usual = session.server.answers.get(path) as { value: WorkloadPage };
    const late = (step: number) => (step < 57 ? null : 10 + step);
    const values = Array.from({ length: 60 }, (_, step) => late(step));
    const { requests, errors, p50, p95, p99 } = usual.value.signals;
    const young = (series: Series) => ({ ...series, values });
    const signals = { ...{ requests: young(requests), errors: young(errors), p50: young(p50) }, p95, p99 };
    session.server.answers.set(path, { value: { ...usual.value, signals } });
    const shown = await look('#/workloads/default/reviews-v3', {}, /31 MB of 64 MB/);
    expect(await shown.getByText(/, last 60 s/).count()).toBe(5);
  });

  test('who is called at each level of the fan-out', async () => {
    const shown = await look('#/fan-out', phone, /4\.1 calls per request/);
    await shown.getByRole('row', { name: /details-v1/ }).waitFor();
    await shown.getByText('www.example.com').waitFor();
  });

  test('live requests: only when somebody asks, bounded, hostile paths as text, and until they stop', async () => {
    const shown = await look('#/workloads/default/reviews-v3', phone, /31 MB of 64 MB/);
    await shown.getByRole('button', { name: 'Watch requests' }).click();
    await shown.getByText('1 of 2 proxies tell; no replica that answers serves 1 of them').waitFor();
    await shown.getByText('A replica of the control plane cannot be asked').waitFor();
    await shown.getByText('outrigger-1: no sign of life').waitFor();
    await shown.getByText('GET reviews:9080/reviews/0?…').waitFor();
    await shown.getByText('onerror=alert(1)').waitFor();
    await shown.getByText('AuthorizationPolicy default/reviews, rule 0').waitFor();
    await shown.getByText('At least 7 more were left out.').waitFor();
    await expectAccessible(shown);
    await expectNoSideScroll(shown);
    await picture(shown, 'live-requests-phone');
    await shown.getByRole('button', { name: 'Stop' }).click();
    await shown.getByRole('button', { name: 'Watch requests' }).waitFor();
  });

  test.each(cases.filter(({ empty }) => empty !== undefined))('$name: empty', async ({ name, hash, path, empty }) => {
    if (empty === undefined) return;
    session.server.answers.set(path, { value: empty.value });
    if (path === 'graph/stream') session.server.push(emptyGraph);
    const shown = await look(hash, phone, empty.text);
    await expectNoSideScroll(shown);
    await expectAccessible(shown);
    await picture(shown, `${name}-empty`);
  });

  test('logs: only when somebody asks, the newest in sight, of each container, hostile lines as text', async () => {
    const shown = await look('#/workloads/default/reviews-v3', phone, /31 MB of 64 MB/);
    await shown.getByRole('button', { name: 'Show logs' }).click();
    const log = shown.getByRole('log', { name: 'Log of reviews' });
    await log.getByText('reviews 59').waitFor();
    const distance = () => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
    expect(await distance()).toBeLessThan(8);
    await log.evaluate((box) => {
      box.scrollTop = 0;
    });
    await shown.getByLabel('Container').selectOption('istio-proxy');
    await shown.getByRole('log', { name: 'Log of istio-proxy' }).getByText('istio-proxy 59').waitFor();
    await expectAccessible(shown);
    await expectNoSideScroll(shown);
    await picture(shown, 'workload-logs');
    await shown.getByRole('button', { name: 'Hide' }).click();
    await shown.getByRole('log').waitFor({ state: 'detached' });
  });

  test('logs that are not read here: why, and what shows them; what the API server refuses is told', async () => {
    const reason = 'It is read in your name: sign in with a token of Kubernetes.';
    const command = 'kubectl logs -n default reviews-v3-7d8f-x2 --tail=200 -f';
    session.server.answers.set('logs/default/reviews-v3-7d8f-x2', {
      value: { container: '', containers: [], lines: [], reason, command },
    });
    const error = { code: 'OR4033', message: 'pods "x" is forbidden', remedy: 'Somebody has to give the right.' };
    session.server.answers.set('logs/default/reviews-v3-7d8f-zz', { status: 403, error });
    const shown = await look('#/workloads/default/reviews-v3', phone, /31 MB of 64 MB/);
    await shown.getByRole('button', { name: 'Show logs' }).click();
    await shown.getByText(reason).waitFor();
    await shown.getByText(command).waitFor();
    await shown.getByLabel('Pod').selectOption('reviews-v3-7d8f-zz');
    await shown.getByText('pods "x" is forbidden').waitFor();
    await expectAccessible(shown);
  });

  test('every name is text: markup, a kilobyte, right to left', async () => {
    const [node] = graph.nodes;
    if (node === undefined) throw new Error('no node');
    const nodes = hostileNames.map((name, index) => ({
      ...node,
      id: `workload/${name}/${index}/v1`,
      name,
      namespace: name,
      app: name,
      version: name,
      health: { ...node.health, reason: name },
    }));
    const edges = graph.edges.slice(0, nodes.length - 1).map((edge, index) => ({
      ...edge,
      id: `edge ${index}`,
      source: nodes[index]?.id ?? '',
      target: nodes[index + 1]?.id ?? '',
      hosts: hostileNames,
      mtls: {
        ...{ share: 0, sourcePrincipals: hostileNames, destinationPrincipals: hostileNames },
        because: {
          reason: hostileNames[index] ?? '',
          by: hostileNames.map((name) => ({ kind: name, namespace: name, name })),
        },
      },
    }));
    session.server.push({ ...graph, nodes, edges });
    session.server.answers.set('security', {
      value: {
        calls: edges.map(({ source, target, mtls }) => ({ source, target, mtls, requestsPerSecond: 1 })),
        namespaces: hostileNames.map((name) => ({
          namespace: name,
          mode: name,
          ready: false,
          blockedBy: [{ workload: name, reason: name }],
        })),
      },
    });
    const hostile = hostileNames.map((name) => ({ name, namespace: name, kind: name, what: 'added', at: changes.now }));
    session.server.answers.set('changes', { value: { ...changes, changes: hostile } });
    const shown = await look('#/graph?at=edge%200', phone, /10 nodes/);
    for (const hash of ['#/graph?view=list', '#/security', '#/config', '#/graph?at=edge%201']) {
      await shown.evaluate((to) => {
        location.hash = to;
      }, hash);
      await shown
        .getByText(/onerror/)
        .filter({ visible: true })
        .first()
        .waitFor();
      await expectNoSideScroll(shown);
      await expectAccessible(shown);
    }
    await picture(shown, 'hostile-phone');
    expect(
      await shown.evaluate(() => [(window as unknown as { hacked?: number }).hacked, document.images.length]),
    ).toEqual([undefined, 0]);
    // A name that turns the direction of text does so only within itself.
    expect(await shown.locator('.details bdi').count()).toBeGreaterThan(hostileNames.length);
  });

  test.each([
    ['fallback', /Prometheus does not answer: figures from the proxies themselves/],
    ['stale', /The last figures from Prometheus, not refreshed/],
    ['failed', /No figures from Prometheus/],
    ['starting', /First figures from Prometheus are on their way/],
  ] as const)('where the figures come from: %s', async (state, text) => {
    const problem = {
      code: 'OR4042',
      message: 'http://prometheus:9090 refuses connections',
      remedy: 'Look whether it runs.',
    };
    session.server.push({ ...graph, telemetry: { ...telemetry, kind: 'prometheus', state, problem } });
    const shown = await look('#/graph', {}, text);
    await shown.getByText('http://prometheus:9090 refuses connections').waitFor();
    await expectAccessible(shown);
    await picture(shown, `source-${state}`);
  });

  test('a page that does not exist says so', async () => {
    const shown = await look('#/nowhere/%E0%A4%A', {}, /There is no such page/);
    await expectAccessible(shown);
  });
});
