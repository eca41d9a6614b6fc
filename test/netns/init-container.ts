import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { CaptureRules } from '../../src/interception/settings.ts';
import { asUser, type User } from '../../src/playground/pod-runner/user.ts';
import type { TestNamespace } from './namespace.ts';

export const script = join(import.meta.dirname, '../../images/proxy/outrigger-proxy.sh');

export interface InitResult {
  readonly code: number | null;
  /** What it said, both streams. */
  readonly said: string;
}

/**
 * The init container as its security context runs it: user 0 with NET_ADMIN and NET_RAW and no other capability, and
 * every file system read-only.
 */
export function runInit(
  namespace: TestNamespace,
  rules: CaptureRules,
  user: User = { uid: 0, gid: 0, capabilities: ['net_admin', 'net_raw'] },
): InitResult {
  const readOnly =
    'for at in / /run /tmp /dev/shm; do mount -o remount,bind,ro "$at" 2>/dev/null || true; done; exec "$@"';
  const inside = ['unshare', '--mount', 'sh', '-c', readOnly, 'init', ...asUser(user, [script, 'init'])];
  const [program = '', ...args] = namespace.enter(inside);
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      OUTRIGGER_IPTABLES_V4: rules.v4,
      OUTRIGGER_IPTABLES_V6: rules.v6,
      OUTRIGGER_ROUTES: rules.routes.join('\n'),
    },
  });
  return { code: result.status, said: `${result.stdout}${result.stderr}` };
}

/** All that an init container can change, with the counters of each rule: a rule that was replaced starts from zero. */
export function stateOf(namespace: TestNamespace): string {
  const saves = ['iptables-nft-save', 'ip6tables-nft-save', 'iptables-legacy-save', 'ip6tables-legacy-save'];
  const tables = saves.map((save) => `${save}\n${namespace.run(save, '-c')}`);
  const routes = ['-4 rule', '-6 rule', '-4 route show table all', '-6 route show table all', 'addr show lo'];
  const paths = routes.map((what) => namespace.run('ip', ...what.split(' ')));
  return [...tables, ...paths].join('\n').replaceAll(/^#.*\n/gm, '');
}
