/** The ids and the capabilities that a container runtime would give a process. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Lower case, without `cap_`. */
  readonly capabilities?: readonly string[];
}

/** The command line that runs a command as this user, with these capabilities and no others. */
export function asUser(user: User, command: readonly string[], options: readonly string[] = []): string[] {
  const set = ['-all', ...(user.capabilities ?? []).map((name) => `+${name}`)].join(',');
  const ids = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups'];
  return ['setpriv', ...options, ...ids, '--bounding-set', set, '--inh-caps', set, '--no-new-privs', ...command];
}
