import { execFileSync, spawnSync } from 'node:child_process';
import { buildRules } from '../../../src/interception/build-rules.ts';
import { parseCaptureArgs } from '../../../src/interception/parse-args.ts';

/**
 * Namespaces of three pods around one that is the rest of the world: whatever address of `worldRanges` is called, it
 * answers.
 *
 *     this process ── world ─┬─ eager    captured
 *                            ├─ lazy     captured
 *                            └─ gateway
 */
export interface Network {
  /** Where this process is, as seen by the pods. */
  readonly hostIp: string;
  enter(place: Place, command: readonly string[]): string[];
  remove(): void;
}

export const pods = { eager: '10.30.0.1', lazy: '10.30.0.2', gateway: '10.30.0.3' } as const;
export type Pod = keyof typeof pods;
export type Place = Pod | 'world';

/** Of other pods, of services, and of hosts outside. */
export const worldRanges = ['10.20.0.0/16', '10.96.0.0/16', '10.240.0.0/16', '172.20.0.0/16'] as const;

export function createNetwork(): Network {
  // Several of them may be on one machine at the same time.
  const id = process.pid % 16_384;
  const net = `10.198.${id >> 6}.`;
  const [hostIp, worldIp] = [(id % 64) * 4 + 1, (id % 64) * 4 + 2].map((last) => `${net}${last}`);
  const nameOf = (place: Place) => `outrigger-sim-${id}-${place}`;
  const enter = (place: Place, command: readonly string[]) => ['ip', 'netns', 'exec', nameOf(place), ...command];
  const inside = (place: Place, ...command: string[]) => run(enter(place, command));
  for (const place of ['world', ...podNames] as const) {
    run(['ip', 'netns', 'add', nameOf(place)]);
    inside(place, 'ip', 'link', 'set', 'lo', 'up');
    inside(place, 'sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0');
  }
  run(['ip', 'link', 'add', `orsim${id}`, 'type', 'veth', 'peer', 'name', 'host', 'netns', nameOf('world')]);
  run(['ip', 'addr', 'add', `${hostIp}/30`, 'dev', `orsim${id}`]);
  run(['ip', 'link', 'set', `orsim${id}`, 'up']);
  inside('world', 'ip', 'addr', 'add', `${worldIp}/30`, 'dev', 'host');
  inside('world', 'ip', 'link', 'set', 'host', 'up');
  inside('world', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.ip_nonlocal_bind=1');
  inside('world', 'iptables-nft', '-t', 'nat', '-A', 'POSTROUTING', '-o', 'host', '-j', 'MASQUERADE');
  for (const range of worldRanges) inside('world', 'ip', 'route', 'add', 'local', range, 'dev', 'lo');
  for (const pod of podNames) connect(pod, nameOf, inside);
  return { hostIp: hostIp ?? '', enter, remove: () => remove(nameOf) };
}

const podNames = Object.keys(pods) as readonly Pod[];
const gatewayIp = '169.254.1.1';

function connect(
  pod: Pod,
  nameOf: (place: Place) => string,
  inside: (place: Place, ...command: string[]) => void,
): void {
  inside('world', 'ip', 'link', 'add', pod, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', nameOf(pod));
  inside('world', 'ip', 'addr', 'add', `${gatewayIp}/32`, 'dev', pod);
  inside('world', 'ip', 'link', 'set', pod, 'up');
  inside('world', 'ip', 'route', 'add', pods[pod], 'dev', pod);
  inside(pod, 'ip', 'addr', 'add', `${pods[pod]}/32`, 'dev', 'eth0');
  inside(pod, 'ip', 'link', 'set', 'eth0', 'up');
  inside(pod, 'ip', 'route', 'add', gatewayIp, 'dev', 'eth0');
  inside(pod, 'ip', 'route', 'add', 'default', 'via', gatewayIp);
  if (pod !== 'gateway') capture(pod, nameOf);
}

/** As the init container does. */
function capture(pod: Pod, nameOf: (place: Place) => string): void {
  const args = ['-m', 'REDIRECT', '-u', '1337', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
  const { v4 } = buildRules(parseCaptureArgs(args));
  const command = ['netns', 'exec', nameOf(pod), 'iptables-nft-restore', '--noflush'];
  execFileSync('ip', command, { input: v4, stdio: ['pipe', 'ignore', 'inherit'] });
}

function run([program = '', ...args]: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** With what still runs inside, and the cables. */
function remove(nameOf: (place: Place) => string): void {
  for (const place of [...podNames, 'world'] as const) {
    const { stdout } = spawnSync('ip', ['netns', 'pids', nameOf(place)], { encoding: 'utf8' });
    for (const pid of stdout.split('\n').filter(Boolean)) spawnSync('kill', ['-KILL', pid]);
    spawnSync('ip', ['netns', 'del', nameOf(place)]);
  }
}
