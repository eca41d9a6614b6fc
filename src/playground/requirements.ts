import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { OutriggerError } from '../errors.ts';

const tools = ['ip', 'nft', 'iptables-nft-restore', 'ip6tables-nft-restore', 'setpriv', 'unshare', 'nsenter', 'bash'];

/** Throws OR2301 with all that this machine lacks. */
export function checkRequirements(): void {
  if (process.platform !== 'linux') throw new OutriggerError('OR2301', `this is ${process.platform}, not Linux`);
  const lacking = tools.filter((tool) => !isInPath(tool)).map((tool) => `there is no ${tool}`);
  if (process.getuid?.() !== 0) lacking.unshift('this user is not root (network namespaces need it)');
  if (lacking.length > 0) throw new OutriggerError('OR2301', lacking.join(', '));
}

function isInPath(tool: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, tool)));
}

/** Throws OR2302. */
export function checkEnvoy(path: string | undefined): string {
  if (path === undefined) throw new OutriggerError('OR2302', 'none is in the cache');
  if (!isExecutable(path)) throw new OutriggerError('OR2302', `${path} cannot be run`);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
