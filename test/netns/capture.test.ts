import { type ChildProcess, execFile, spawn } from 'node:child_process';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildRules } from '../../src/interception/build-rules.ts';
import { parseCaptureArgs } from '../../src/interception/parse-args.ts';
import type { CaptureRules } from '../../src/interception/settings.ts';
import { asUser, type User } from '../../src/playground/pod-runner/user.ts';
import { until } from '../envoy/condition.ts';
import { startHttpApp } from '../envoy/test-app.ts';
import { catcherConfig } from './catcher.ts';
import { runInit, stateOf } from './init-container.ts';
import { createNamespace, execute, type Link, type TestNamespace } from './namespace.ts';
import { findRequirements } from './requirements.ts';

/**
 * What the rules capture, in real network namespaces with real iptables: both kinds of tables, both ways of inbound
 * capture, both families. A catcher (real Envoy) stands where the mesh's listeners will be.
 */
const envoy = findRequirements();
const app: User = { uid: 1000, gid: 1000 };
const node = process.execPath;

function rulesFor(mode: string, ...args: string[]): CaptureRules {
  return buildRules(parseCaptureArgs(['-m', mode, '-u', '1337', ...args]));
}
const defaults = ['-i', '*', '-b', '*', '-d', '15090,15021,15020'];

describe.skipIf(envoy === undefined).each([
  ['nft', 'REDIRECT'],
  ['nft', 'TPROXY'],
  ['legacy', 'REDIRECT'],
  ['legacy', 'TPROXY'],
] as const)('%s, %s', (tables, mode) => {
  let pod: TestNamespace;
  const children: ChildProcess[] = [];
  const servers: Server[] = [];
  // Root with the proxy's group where the proxy needs a capability, as the injector makes it.
  const proxy: User = mode === 'TPROXY' ? { uid: 0, gid: 1337, capabilities: ['net_admin'] } : { uid: 1337, gid: 1337 };
  const [eth0, net1] = [0, 1].map((index) => () => pod.links[index] as Link);

  beforeAll(async () => {
    pod = createNamespace({ interfaces: ['eth0', 'net1'] });
    if (tables === 'legacy') {
      // Somebody else's rule: it makes the script choose these tables, and must stay.
      for (const tool of ['iptables-legacy', 'ip6tables-legacy'])
        pod.run(tool, '-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '--dport', '7', '-j', 'ACCEPT');
    }
    for (const link of pod.links) {
      for (const host of [link.nodeIp, link.nodeIp6]) {
        for (const port of [9000, 9001])
          servers.push(
            await startHttpApp(port, host, (_, response) =>
              response.setHeader('connection', 'close').end(`outside ${port}`),
            ),
          );
      }
    }
    inside(app, [node, join(import.meta.dirname, 'plain-app.ts'), '8080', '8081', '15020']);
    inside(proxy, [
      envoy ?? '',
      '--config-yaml',
      catcherConfig(mode),
      '--log-level',
      'error',
      '--disable-hot-restart',
      '--use-dynamic-base-id',
    ]);
    await until('app and catcher listen', async () => {
      for (const [host, port] of [
        ['127.0.0.1', 8080],
        ['::1', 15020],
        ['127.0.0.1', 15001],
        ['::1', 15006],
      ] as const)
        if ((await reach(app, host, port)).startsWith('nobody')) return undefined;
      return true;
    });
  });
  afterAll(() => {
    for (const server of servers) server.close();
    pod?.remove();
  });

  function inside(user: User, command: readonly string[]): void {
    const [program = '', ...args] = pod.enter(asUser(user, command));
    children.push(spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
  }
  function apply(...args: string[]): void {
    const result = runInit(pod, rulesFor(mode, ...args));
    expect(result.said).not.toContain('invalid');
    expect(result.code).toBe(0);
  }
  /** Who answers a user of the pod. */
  async function reach(user: User, host: string, port: number, source = ''): Promise<string> {
    const client = [node, join(import.meta.dirname, 'client.ts'), host, String(port), source];
    const [program = '', ...args] = pod.enter(asUser(user, client));
    const { stdout } = await promisify(execFile)(program, args, { encoding: 'utf8' });
    return JSON.parse(stdout).by;
  }
  /** Who answers the node, the source address being the node's of that link. */
  async function reachPod(host: string, port: number): Promise<string> {
    const client = [node, join(import.meta.dirname, 'client.ts'), host, String(port), ''];
    const { stdout } = await promisify(execFile)(client[0] ?? '', client.slice(1), { encoding: 'utf8' });
    return JSON.parse(stdout).by;
  }
  const at = (host: string, port: number) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

  describe.each([
    ['IPv4', (link: Link) => ({ node: link.nodeIp, pod: link.podIp, loopback: '127.0.0.1', passthrough: '127.0.0.6' })],
    ['IPv6', (link: Link) => ({ node: link.nodeIp6, pod: link.podIp6, loopback: '::1', passthrough: '::6' })],
  ] as const)('%s', (family, addresses) => {
    const first = () => addresses(eth0?.() as Link);
    const second = () => addresses(net1?.() as Link);
    const only = (host: string) => `${host}/${family === 'IPv4' ? 32 : 128}`;

    test('the default rules', async () => {
      apply(...defaults);
      const { node: outside, pod: own, loopback, passthrough } = first();
      expect({
        inbound: await reachPod(own, 8080),
        'inbound, excluded port': await reachPod(own, 15020),
        'outbound of the app': await reach(app, outside, 9000),
        'outbound of the proxy': await reach(proxy, outside, 9000),
        'the app to itself by loopback': await reach(app, loopback, 8080),
        'the app to itself by its own address': await reach(app, own, 8080),
        'the proxy to its own pod': await reach(proxy, own, 8080),
        'the proxy to its own pod, passing through': await reach(proxy, own, 8080, passthrough),
        'the proxy to loopback': await reach(proxy, loopback, 8080),
      }).toEqual({
        inbound: `inbound ${at(own, 8080)}`,
        'inbound, excluded port': 'app 15020',
        'outbound of the app': `outbound ${at(outside, 9000)}`,
        'outbound of the proxy': 'outside 9000',
        'the app to itself by loopback': 'app 8080',
        'the app to itself by its own address': 'app 8080',
        'the proxy to its own pod': `inbound ${at(own, 8080)}`,
        'the proxy to its own pod, passing through': 'app 8080',
        'the proxy to loopback': 'app 8080',
      });
    });

    test('listed inbound ports, excluded outbound ports and blocks', async () => {
      apply('-b', '8080', '-i', '*', '-o', '9001', '-x', only(second().node));
      const outside = first().node;
      expect(await reachPod(first().pod, 8080)).toBe(`inbound ${at(first().pod, 8080)}`);
      expect(await reachPod(first().pod, 8081)).toBe('app 8081');
      expect(await reach(app, outside, 9000)).toBe(`outbound ${at(outside, 9000)}`);
      expect(await reach(app, outside, 9001)).toBe('outside 9001');
      expect(await reach(app, second().node, 9000)).toBe('outside 9000');
    });

    test('no inbound ports; included outbound blocks, and ports whatever the block', async () => {
      apply('-b', '', '-i', only(second().node), '-q', '9001');
      const outside = first().node;
      expect(await reachPod(first().pod, 8080)).toBe('app 8080');
      expect(await reach(app, second().node, 9000)).toBe(`outbound ${at(second().node, 9000)}`);
      expect(await reach(app, outside, 9000)).toBe('outside 9000');
      expect(await reach(app, outside, 9001)).toBe(`outbound ${at(outside, 9001)}`);
    });

    test('an included loopback block: the app to itself is captured', async () => {
      const block = family === 'IPv4' ? '127.0.0.2/32' : '::1/128';
      apply('-b', '*', '-i', `${block},${only(first().pod)}`);
      expect(await reach(app, first().pod, 8080)).toBe(`outbound ${at(first().pod, 8080)}`);
    });

    test('an excluded interface, in both directions', async () => {
      apply(...defaults, '-c', 'net1');
      expect(await reachPod(first().pod, 8080)).toBe(`inbound ${at(first().pod, 8080)}`);
      expect(await reachPod(second().pod, 8080)).toBe('app 8080');
      expect(await reach(app, first().node, 9000)).toBe(`outbound ${at(first().node, 9000)}`);
      expect(await reach(app, second().node, 9000)).toBe('outside 9000');
    });

    test('a rerouted interface: what comes in there counts as outbound', async () => {
      apply(...defaults, '-k', 'net1');
      expect(await reachPod(second().pod, 8080)).toBe(`outbound ${at(second().pod, 8080)}`);
      expect(await reachPod(first().pod, 8080)).toMatch(/^inbound /);
    });

    test('several owners: none of them is captured', async () => {
      apply(...defaults, '-u', '1337,4711', '-g', '1337,4712');
      const outside = first().node;
      expect(await reach({ uid: 4711, gid: 99 }, outside, 9000)).toBe('outside 9000');
      expect(await reach({ uid: 99, gid: 4712 }, outside, 9000)).toBe('outside 9000');
      expect(await reach({ uid: 99, gid: 99 }, outside, 9000)).toBe(`outbound ${at(outside, 9000)}`);
    });

    test('dropping invalid packets leaves valid ones alone', async () => {
      apply(...defaults, '--drop-invalid');
      expect(await reachPod(first().pod, 8080)).toBe(`inbound ${at(first().pod, 8080)}`);
      expect(await reach(app, first().node, 9000)).toBe(`outbound ${at(first().node, 9000)}`);
    });
  });

  const everything = [
    ...defaults,
    '-k',
    'net1',
    '-c',
    'net7',
    '-x',
    '10.9.8.7/8,fd09::1/8,0.0.0.0/0,::/0',
    '-q',
    '5,6',
    '-o',
    '8',
    '--drop-invalid',
  ];

  test.each([
    ['default rules', defaults],
    ['every option', everything],
  ])('applying twice changes nothing: %s', (_, args) => {
    apply(...args);
    // The counters go on by themselves: a router solicitation of IPv6 is a packet, too.
    const withoutCounters = () => stateOf(pod).replaceAll(/\[\d+:\d+\]/g, '');
    const before = withoutCounters();
    const second = runInit(pod, rulesFor(mode, ...args));
    expect(second.said.match(/the rules are in place, nothing to do/g)).toHaveLength(2);
    expect(second.said).not.toContain('applied');
    expect(withoutCounters()).toBe(before);
  });

  test("the tables in use are taken, and others' rules stay", () => {
    apply(...defaults);
    expect(pod.run('iptables-legacy-save').includes('ISTIO_')).toBe(tables === 'legacy');
    expect(pod.run('iptables-nft-save').includes('ISTIO_')).toBe(tables === 'nft');
    if (tables === 'legacy')
      expect(pod.run('iptables-legacy-save')).toContain('-A OUTPUT -p tcp -m tcp --dport 7 -j ACCEPT');
  });

  test('partial, doubled and foreign-version state is repaired', () => {
    // Without counters, and without a table that has nothing but its built-in chains.
    const withoutCounters = () =>
      stateOf(pod)
        .replaceAll(/ ?\[\d+:\d+\] ?/gm, '')
        .replaceAll(/^\*\w+\n(:[A-Z]+ ACCEPT\n)*COMMIT\n/gm, '');
    apply(...everything);
    const whole = withoutCounters();
    const tool = tables === 'nft' ? 'iptables' : 'iptables-legacy';
    const damages = [
      '-t nat -D ISTIO_OUTPUT 3',
      '-t nat -D OUTPUT -j ISTIO_OUTPUT',
      '-t nat -A PREROUTING -p tcp -j ISTIO_INBOUND',
      '-t nat -F ISTIO_REDIRECT',
      '-t nat -I ISTIO_OUTPUT 1 -j RETURN',
      '-t nat -N ISTIO_OUTPUT_DNS',
      '-t nat -I OUTPUT -o net9 -j RETURN',
      '-t raw -N ISTIO_OUTPUT_DNS',
      '-t mangle -F PREROUTING',
    ];
    for (const damage of damages) {
      pod.run(tool.replace(/^iptables$/, 'iptables-nft'), ...damage.split(' '));
      pod.run(tool.replace(/^iptables$/, 'iptables-nft').replace('iptables', 'ip6tables'), ...damage.split(' '));
      apply(...everything);
      expect(withoutCounters(), damage).toBe(whole);
    }
  });
});

describe.skipIf(envoy === undefined)('when it cannot', () => {
  const rules = rulesFor('REDIRECT', ...defaults);
  let pod: TestNamespace;
  beforeAll(() => {
    pod = createNamespace();
  });
  afterAll(() => pod?.remove());

  test('without NET_ADMIN: a clear error, not a pod without capture', () => {
    const result = runInit(pod, rules, { uid: 0, gid: 0 });
    expect(result.code).toBe(1);
    expect(result.said).toMatch(/the pod has an IPv4 address, and its traffic cannot be captured .* NET_ADMIN/);
    expect(stateOf(pod)).not.toContain('ISTIO_');
  });

  test('a text that iptables refuses leaves nothing behind', () => {
    const result = runInit(pod, { ...rules, v4: rules.v4.replace('--to-ports 15001', '--to-ports x') });
    expect(result.code).toBe(1);
    expect(result.said).toContain('Port `x');
    expect(pod.run('iptables-nft-save')).not.toContain('ISTIO_');
    expect(pod.run('iptables-legacy-save')).not.toContain('ISTIO_');
  });

  test('a pod that was not injected', () => {
    const result = runInit(pod, { v4: '', v6: '', routes: [] });
    expect(result).toMatchObject({ code: 1, said: expect.stringContaining('was not injected by Outrigger') });
  });

  test('a pod without IPv6: IPv4 alone', () => {
    const bare = createNamespace();
    try {
      bare.run('sysctl', '-q', '-w', 'net.ipv6.conf.all.disable_ipv6=1');
      const result = runInit(bare, rules);
      expect(result).toMatchObject({ code: 0, said: expect.stringContaining('no IPv6 in this pod') });
      expect(bare.run('iptables-nft-save')).toContain('ISTIO_OUTPUT');
      expect(bare.run('ip6tables-nft-save')).not.toContain('ISTIO_OUTPUT');
    } finally {
      bare.remove();
    }
  });

  test('an IPv6 pod whose IPv6 rules fail is refused, one with link-local IPv6 goes on', () => {
    const broken = { ...rules, v6: rules.v6.replace('--to-ports 15001', '--to-ports x') };
    expect(runInit(pod, broken)).toMatchObject({
      code: 1,
      said: expect.stringContaining('the pod has an IPv6 address'),
    });
    execute(pod.enter(['ip', '-6', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global']));
    const result = runInit(pod, broken);
    expect(result.code).toBe(0);
    expect(result.said).toContain('it goes on without capture of IPv6');
    expect(pod.run('iptables-nft-save')).toContain('ISTIO_OUTPUT');
  });
});
