import { execFileSync, spawnSync } from 'node:child_process';
import type { PodNamespace } from '../../src/playground/pod-runner/sandbox.ts';

/** One cable between this machine (the node) and the pod. */
export interface Link {
  /** The interface inside. */
  readonly name: string;
  readonly nodeIp: string;
  readonly nodeIp6: string;
  readonly podIp: string;
  readonly podIp6: string;
}

export interface TestNamespace extends PodNamespace {
  readonly links: readonly Link[];
  /** Runs to the end; an exit code other than 0 is an error with what it wrote. */
  readonly run: (...command: string[]) => string;
  readonly remove: () => void;
}

let count = 0;

export interface NamespaceOptions {
  readonly interfaces?: readonly string[];
  /** The families that the pod has addresses of; both without it. */
  readonly families?: readonly (4 | 6)[];
}

/** A network namespace with one interface a name, each with IPv4 and IPv6, the node's ends in the namespace of this process. */
export function createNamespace(options: NamespaceOptions = {}): TestNamespace {
  const id = `${process.pid % 50_000}`;
  const name = `outrigger-${id}-${++count}`;
  ip('netns', 'add', name);
  const links = (options.interfaces ?? ['eth0']).map((inside, index) => connect(name, { inside, index, id }));
  const enter = (command: readonly string[]) => ['ip', 'netns', 'exec', name, ...command];
  const run = (...command: string[]) => execute(enter(command));
  const has = (family: 4 | 6) => options.families?.includes(family) ?? true;
  run('ip', 'link', 'set', 'lo', 'up');
  for (const link of links) {
    if (has(4)) run('ip', 'addr', 'add', `${link.podIp}/24`, 'dev', link.name);
    if (has(6)) run('ip', '-6', 'addr', 'add', `${link.podIp6}/64`, 'dev', link.name, 'nodad');
    run('ip', 'link', 'set', link.name, 'up');
  }
  const [first] = links;
  if (first !== undefined) {
    if (has(4)) run('ip', 'route', 'add', 'default', 'via', first.nodeIp);
    if (has(6)) run('ip', '-6', 'route', 'add', 'default', 'via', first.nodeIp6);
  }
  return { name, links, enter, run, remove: () => remove(name) };
}

function connect(namespace: string, cable: { inside: string; index: number; id: string }): Link {
  const outside = `or${cable.id}.${count}.${cable.index}`.slice(0, 15);
  const net = (count - 1) * 4 + cable.index + 1;
  const link: Link = {
    name: cable.inside,
    nodeIp: `10.197.${net}.1`,
    nodeIp6: `fd97:${net}::1`,
    podIp: `10.197.${net}.2`,
    podIp6: `fd97:${net}::2`,
  };
  ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', cable.inside, 'netns', namespace);
  ip('addr', 'add', `${link.nodeIp}/24`, 'dev', outside);
  ip('-6', 'addr', 'add', `${link.nodeIp6}/64`, 'dev', outside, 'nodad');
  ip('link', 'set', outside, 'up');
  return link;
}

/** Ends what still runs inside, and the namespace, which takes its cables along. */
function remove(name: string): void {
  const pids = execute(['ip', 'netns', 'pids', name]).split('\n').filter(Boolean);
  for (const pid of pids) spawnSync('kill', ['-KILL', pid]);
  ip('netns', 'del', name);
}

function ip(...args: string[]): string {
  return execute(['ip', ...args]);
}

export function execute(command: readonly string[], env?: Record<string, string>): string {
  const [program = '', ...args] = command;
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(env === undefined ? {} : { env: { PATH: process.env['PATH'], ...env } }),
  });
}
