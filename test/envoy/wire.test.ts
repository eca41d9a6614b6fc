import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { XdsResource, XdsType } from '../../src/xds/resource.ts';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import { argumentsFor, ask, bootstrapInput, freePorts, podIp, startEnvoy, writePodFiles } from './running-envoy.ts';
import { startHttpApp } from './test-app.ts';
import { selfSigned } from './test-certificates.ts';
import { type HandMade, startWirePlane, type WirePlane } from './wire-plane.ts';
import { edsCluster, endpoints, onDemandFilter, rdsListener, routeTo, vhdsRoute, virtualHost } from './wire-samples.ts';

const binary = findEnvoy('envoy');
const host = 'localhost';
const identity = selfSigned(host);

describe.skipIf(binary === undefined)('configuration streams', () => {
  const stopping: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0).reverse()) await stop();
  });

  async function plane(resources: HandMade, port = 0): Promise<WirePlane> {
    const made = await startWirePlane(identity, { resources, port });
    stopping.push(made.stop);
    return made;
  }

  async function envoy(
    port: number,
    protocol: 'delta' | 'sotw' = 'delta',
  ): Promise<{ admin: number; log: () => string }> {
    const root = writePodFiles({ token: 'the-token', rootCertificate: identity.certificate });
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const input = bootstrapInput({ statusPort, adminPort, readyPort, metricsPort, discovery: { host, port } });
    const args = argumentsFor(input, root).map((arg) =>
      protocol === 'sotw' ? arg.replace('"DELTA_GRPC"', '"GRPC"') : arg,
    );
    const running = startEnvoy(binary ?? '', args, root);
    stopping.push(running.stop);
    return { admin: adminPort, log: running.log };
  }

  async function app(answer: string): Promise<number> {
    const [port = 0] = await freePorts(1);
    const server = await startHttpApp(port, podIp, (_, response) => response.end(answer));
    stopping.push(() => server.close());
    return port;
  }

  async function simple(): Promise<{ made: HandMade; port: number; appPort: number }> {
    const appPort = await app('hello');
    const [port = 0] = await freePorts(1);
    const made = {
      wildcard: { cluster: { one: edsCluster('one') }, listener: { web: rdsListener('web', port) } },
      named: { endpoint: { one: endpoints('one', appPort) }, route: { web: routeTo('web', 'one') } },
    };
    return { made, port, appPort };
  }

  const body =
    (port: number, options = {}) =>
    async () => {
      const answer = await ask(port, '/', options);
      return answer.status === 200 ? answer.body : undefined;
    };

  test.each(['delta', 'sotw'] as const)(
    '%s: listener, route, cluster and endpoints come over TLS; a change too',
    async (protocol) => {
      const { made, port } = await simple();
      const control = await plane(made);
      const proxy = await envoy(control.port, protocol);
      expect(await until(() => proxy.log() + JSON.stringify(control.sent) + control.log, body(port), 10)).toBe('hello');
      expect(control.tokens[0]).toBe('the-token');
      expect(control.claims[0]).toMatchObject({
        envoyVersion: '1.40.0',
        delta: protocol === 'delta',
        cluster: 'app.shop',
      });
      const other = await app('changed');
      control.set({ ...made, named: { ...made.named, endpoint: { one: endpoints('one', other) } } });
      await until('the change', async () => ((await body(port)()) === 'changed' ? true : undefined), 5);
      // A cluster that is written anew gets its endpoints again, or it would warm for ever.
      control.set({
        ...made,
        wildcard: { ...made.wildcard, cluster: { one: edsCluster('one', { connect_timeout: '2s' }) } },
      });
      await until('the first app again', async () => ((await body(port)()) === 'hello' ? true : undefined), 5);
      await until('no warming cluster', async () => {
        const stats = (await ask(proxy.admin, '/stats?filter=cluster_manager.warming_clusters', { host: '127.0.0.1' }))
          .body;
        return stats.includes('warming_clusters: 0') || undefined;
      });
      expect(control.rejected).toEqual([]);
      const status = control.ledger.status()[0];
      expect(status?.types).toMatchObject({
        cluster: { state: 'SYNCED' },
        listener: { state: 'SYNCED' },
        route: { state: 'SYNCED' },
      });
    },
  );

  test('a bad listener is rejected and named, the good ones live; the control plane does not send it again', async () => {
    const { made, port } = await simple();
    const control = await plane(made);
    await envoy(control.port);
    await until('hello', body(port), 10);
    const [other = 0] = await freePorts(1);
    const broken = { name: 'x', typed_config: { '@type': 'type.googleapis.com/envoy.none.v3.Nothing' } };
    const listener = {
      ...made.wildcard?.listener,
      bad: rdsListener('bad', 1, { filters: [broken] }),
      second: rdsListener('second', other, { route: 'web' }),
    };
    const withBad = { ...made, wildcard: { ...made.wildcard, listener } };
    control.set(withBad);
    expect(await until('the second listener', body(other), 5)).toBe('hello');
    await until('a NACK', () => control.rejected.length > 0 || undefined);
    expect(control.ledger.status()[0]?.types.listener).toMatchObject({ state: 'NACKED', rejected: 1 });
    expect(control.ledger.resources('shop/app-1', 'listener')).toMatchObject([
      { name: 'bad', state: 'NACKED', origins: [{ name: 'from-bad' }] },
      { name: 'second', state: 'SYNCED' },
      { name: 'web', state: 'SYNCED' },
    ]);
    expect(control.log.filter((line) => line.includes('OR2010') && line.includes('Test shop/from-bad'))).toHaveLength(
      1,
    );
    control.sent.length = 0;
    control.set({ ...withBad, wildcard: { ...withBad.wildcard } });
    await delay(300);
    expect(control.sent).toEqual([]);
    expect(control.rejected).toEqual(['listener']);
    control.set(made);
    await until('all well again', () => control.ledger.status()[0]?.types.listener.state === 'SYNCED' || undefined);
  });

  test('one bad resource keeps no other from coming: endpoints, routes, and clusters that no name is given for', async () => {
    const { made, port, appPort } = await simple();
    const control = await plane(made);
    await envoy(control.port);
    await until('hello', body(port), 10);
    const other = await app('changed');
    const names = ['a', 'b', 'c', 'd', 'e'];
    const cluster = Object.fromEntries(
      names.map((name) => [name, edsCluster(name, name === 'c' ? { connect_timeout: '-1s' } : {})]),
    );
    const endpoint = Object.fromEntries(names.map((name) => [name, endpoints(name, other)]));
    control.set({
      wildcard: { cluster: { ...made.wildcard?.cluster, ...cluster }, listener: made.wildcard?.listener ?? {} },
      named: { endpoint: { one: endpoints('one', appPort), ...endpoint }, route: { web: routeTo('web', 'e') } },
    });
    expect(await until('the new cluster', async () => ((await body(port)()) === 'changed' ? true : undefined), 5)).toBe(
      true,
    );
    const clusters = control.ledger.resources('shop/app-1', 'cluster') ?? [];
    expect(clusters.filter(({ state }) => state === 'NACKED').map(({ name }) => name)).toEqual(['c']);
  });

  test.each(['delta', 'sotw'] as const)('%s: a proxy that comes back is sent nothing that it has', async (protocol) => {
    const { made, port } = await simple();
    const control = await plane(made);
    await envoy(control.port, protocol);
    await until('hello', body(port), 10);
    await control.stop();
    const again = await plane(made, control.port);
    await until('it is back', () => again.ledger.status()[0]?.types.endpoint.state === 'SYNCED' || undefined, 15);
    await delay(300);
    expect(again.sent).toEqual([]);
    expect(await body(port)()).toBe('hello');
  });

  test('what changed while the control plane was away: a new cluster before its route, the old one after', async () => {
    const { made, port, appPort } = await simple();
    const control = await plane(made);
    await envoy(control.port);
    await until('hello', body(port), 10);
    await control.stop();
    const again = await plane(
      {
        wildcard: { cluster: { two: edsCluster('two') }, listener: made.wildcard?.listener ?? {} },
        named: { endpoint: { two: endpoints('two', appPort) }, route: { web: routeTo('web', 'two') } },
      },
      control.port,
    );
    const statuses = new Set<number>();
    await until('the old cluster is gone', async () => {
      statuses.add((await ask(port, '/')).status);
      return again.sent.some(({ type, resources }) => type === 'cluster' && resources === 0) || undefined;
    });
    expect([...statuses]).toEqual([200]);
    const order = again.sent.map(({ type }) => type);
    expect(order.slice(0, 3)).toEqual(['cluster', 'endpoint', 'route']);
    expect(order.at(-1)).toBe('cluster');
    expect(again.rejected).toEqual([]);
  });

  test('on demand: an unknown host is asked for, and with it its cluster and endpoints', async () => {
    const appPort = await app('hello');
    const [port = 0] = await freePorts(1);
    // Hosts before the filters that a route configures, clusters after those that may change the route.
    const filters = [onDemandFilter('hosts'), onDemandFilter('clusters')];
    const control = await plane({
      wildcard: { listener: { web: rdsListener('web', port, { filters }) } },
      named: { route: { web: vhdsRoute('web') } },
      onDemand: (type, name) => onDemand(type, name, appPort),
    });
    const proxy = await envoy(control.port);
    await until(
      () => proxy.log(),
      async () => (await ask(port, '/')).status !== 0 || undefined,
      10,
    );
    const get = (name: string) => ask(port, '/', { headers: { host: name } });
    const begun = Date.now();
    expect(await get('a.shop')).toMatchObject({ status: 200, body: 'hello' });
    console.info(`first request ${Date.now() - begun} ms`);
    expect((await get('a.shop:80')).status).toBe(200);
    expect((await get('b.shop')).status).toBe(200);
    await control.stop();
    const again = await plane(
      {
        wildcard: { listener: { web: rdsListener('web', port, { filters }) } },
        named: { route: { web: vhdsRoute('web') } },
        onDemand: (type, name) => onDemand(type, name, appPort),
      },
      control.port,
    );
    await until('it is back', () => again.ledger.status()[0]?.types.virtualHost.state === 'SYNCED' || undefined, 15);
    await delay(300);
    expect(again.sent).toEqual([{ type: 'virtualHost', resources: 0 }]);
    expect((await get('a.shop')).status).toBe(200);
    expect((await get('c.shop')).status).toBe(200);
    expect([...control.rejected, ...again.rejected]).toEqual([]);
  });

  test('on demand: hundreds of hosts of one wildcard are one virtual host', async () => {
    const appPort = await app('hello');
    const [port = 0] = await freePorts(1);
    const wild = 'web/*.wild.example';
    const origins = [{ kind: 'ServiceEntry', namespace: 'shop', name: 'wild' }];
    const control = await plane({
      wildcard: {
        cluster: { one: edsCluster('one') },
        listener: { web: rdsListener('web', port, { filters: [onDemandFilter('clusters')] }) },
      },
      named: { route: { web: vhdsRoute('web') }, endpoint: { one: endpoints('one', appPort) } },
      onDemand: (type, name) =>
        type === 'virtualHost' && name.endsWith('.wild.example')
          ? { type, name: wild, message: virtualHost(wild, ['*.wild.example'], 'one'), origins }
          : undefined,
    });
    await envoy(control.port);
    const get = (index: number) => ask(port, '/', { headers: { host: `h${index}.wild.example` } });
    await until('the listener', async () => (await get(1_000)).status === 200 || undefined, 10);
    const all = await Promise.all(Array.from({ length: 300 }, (_, index) => get(index)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await get(0)).status).toBe(200);
    expect(control.rejected).toEqual([]);
  });

  test('types that our set lacks are read by Envoy with its own definition', async () => {
    const { made, port } = await simple();
    const lb = 'type.googleapis.com/envoy.extensions.load_balancing_policies';
    const roundRobin = { name: 'rr', typed_config: { '@type': `${lb}.round_robin.v3.RoundRobin` } };
    const overrideHost = {
      '@type': `${lb}.override_host.v3.OverrideHost`,
      override_host_sources: [{ header: 'x-mesh-dst' }],
      fallback_policy: { policies: [{ typed_extension_config: roundRobin }] },
    };
    const policy = { name: 'envoy.load_balancing_policies.override_host', typed_config: overrideHost };
    const cluster = edsCluster('one', { load_balancing_policy: { policies: [{ typed_extension_config: policy }] } });
    const listener = rdsListener('web', port);
    const prefix = 'type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config';
    const counter = { stat: { name: 'requests' }, value_fixed: 1 };
    const log = { name: 'stats', typed_config: { '@type': prefix, stat_prefix: 'mesh', counters: [counter] } };
    const control = await plane({
      ...made,
      wildcard: { cluster: { one: cluster }, listener: { web: { ...listener, access_log: [log] } } },
    });
    const proxy = await envoy(control.port);
    await until(
      () => control.log.join(),
      async () => (control.rejected.length > 0 ? 'rejected' : body(port)()),
      10,
    );
    expect(control.log).toEqual([]);
    const config = (await ask(proxy.admin, '/config_dump?resource=dynamic_active_clusters', { host: '127.0.0.1' }))
      .body;
    expect(config).toContain('override_host.v3.OverrideHost');
  });

  test('a certificate that is renewed is shown to new connections; open streams go on', async () => {
    const { made, port } = await simple();
    const control = await plane(made);
    await envoy(control.port);
    await until('hello', body(port), 10);
    control.credentials.update(selfSigned(host));
    const other = await app('changed');
    control.set({ ...made, named: { ...made.named, endpoint: { one: endpoints('one', other) } } });
    await until('the change', async () => ((await body(port)()) === 'changed' ? true : undefined), 5);
    expect(control.claims).toHaveLength(1);
    const shown = await certificateOf(control.port);
    expect(shown).not.toContain(identity.certificate.split('\n')[3]);
  });

  test('a stream ends with its token, and the proxy comes again with the next', async () => {
    const { made, port } = await simple();
    const lives = [Date.now() + 1_500, Date.now() + 3_600_000];
    const control = await startWirePlane(identity, {
      resources: made,
      expiresAt: () => lives.shift() ?? Date.now() + 1e6,
    });
    stopping.push(control.stop);
    await envoy(control.port);
    await until('hello', body(port), 10);
    await until('a second stream', () => control.claims.length === 2 || undefined, 10);
    expect(control.tokens).toEqual(['the-token', 'the-token']);
    expect(await body(port)()).toBe('hello');
  });
});

/** `web/a.shop` and `web/a.shop:80` are one virtual host. */
function onDemand(type: XdsType, name: string, appPort: number): XdsResource | undefined {
  const origins = [{ kind: 'Service', namespace: 'shop', name }];
  if (type === 'cluster') return { type, name, message: edsCluster(name), origins, edsName: name };
  if (type === 'endpoint') return { type, name, message: endpoints(name, appPort), origins };
  const service = /^web\/([^:]+)/.exec(name)?.[1];
  if (type !== 'virtualHost' || service === undefined || service === '_init') return undefined;
  const own = `web/${service}`;
  return { type, name: own, message: virtualHost(own, [service, `${service}:80`], `outbound|80||${service}`), origins };
}

function certificateOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () => {
      resolve(socket.getPeerX509Certificate()?.toString() ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
