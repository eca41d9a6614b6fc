import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { User } from '../../src/playground/pod-runner/user.ts';

/** A folder that holds what an image holds, and nothing of this machine. */
export interface ImageRoot {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ImageContents {
  /** By their path in the image: where files and folders are on this machine. */
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
}

/** What every runtime puts into /dev, as far as it is used. */
const devices = ['null', 'urandom'];
const streams = [
  ['fd', 'fd'],
  ['stdin', 'fd/0'],
  ['stdout', 'fd/1'],
  ['stderr', 'fd/2'],
] as const;

/** Copies it together, into a folder that may hold a base. */
export function assembleRoot(folder: string, { files, env }: ImageContents): ImageRoot {
  for (const place of ['proc', 'dev', 'tmp', 'etc', 'volumes']) mkdirSync(join(folder, place), { recursive: true });
  for (const device of devices) writeFileSync(join(folder, 'dev', device), '');
  for (const [name, target] of streams) symlinkSync(`/proc/self/${target}`, join(folder, 'dev', name));
  for (const [path, from] of Object.entries(files)) copy(from, join(folder, path));
  return { folder, env };
}

/** The shared libraries and the loader that `ldd` names for a program of the image, from this machine. */
export function addLibraries({ folder }: ImageRoot, program: string): void {
  const told = execFileSync('ldd', [join(folder, program)], { encoding: 'utf8' });
  for (const [, library = ''] of told.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) copy(library, join(folder, library));
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

export interface Entering {
  readonly user: User;
  /** Folders of this machine by their name below /volumes, read-only. */
  readonly volumes?: Readonly<Record<string, string>>;
}

/**
 * The command line that runs a command in the image as a container runtime would: processes and mounts of its own, the root
 * read-only, this user, and no capability but that user's.
 */
export function enterImage(
  { folder }: ImageRoot,
  { user, volumes = {} }: Entering,
  command: readonly string[],
): string[] {
  const bound = Object.entries(volumes).map(([name, from]) => [join(folder, 'volumes', name), from] as const);
  for (const [target] of bound) mkdirSync(target, { recursive: true });
  const script = [
    `mount --bind '${folder}' '${folder}'`,
    ...bound.map(([target, from]) => `mount --bind '${from}' '${target}'; mount -o remount,bind,ro '${target}'`),
    ...devices.map((device) => `mount --bind /dev/${device} '${folder}/dev/${device}'`),
    `mount -t proc proc '${folder}/proc'`,
    `mount -o remount,bind,ro '${folder}'`,
    'exec "$@"',
  ].join('\n');
  // What changes root and user is needed until that is done; another user than 0 has lost it then.
  const kept = ['sys_chroot', 'setuid', 'setgid', ...(user.capabilities ?? [])].map((name) => `+${name}`);
  return [
    ...['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', '-ec', script, 'image'],
    ...['setpriv', '--bounding-set', ['-all', ...kept].join(','), '--inh-caps', '-all', '--no-new-privs'],
    ...['chroot', `--userspec=${user.uid}:${user.gid}`, '--groups=', folder, ...command],
  ];
}
