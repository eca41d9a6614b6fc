import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

interface Package {
  readonly required: boolean;
  /** Of each, the one or the other. */
  readonly needs: readonly (readonly string[])[];
}

/** Whether the packages of the image, Debian 12's, are those of this machine. */
export function isDebian(): boolean {
  return existsSync('/etc/debian_version') && existsSync('/usr/bin/dpkg-query');
}

/** Programs that no package lists, for several bring one. */
const alternatives = ['usr/bin/awk', 'etc/alternatives/awk'];

/**
 * What `debian:bookworm-slim` and an installation of these packages without recommended ones hold, from this machine's
 * packages: what every Debian has, these, and what they need. Throws when one is not installed.
 */
export function copyDebian(folder: string, wanted: readonly string[]): void {
  const known = installed();
  for (const name of wanted) if (!known.has(name)) throw new Error(`the package ${name} is not installed`);
  const names = closure(known, [...wanted, ...[...known].filter(([, one]) => one.required).map(([name]) => name)]);
  for (const link of ['bin', 'sbin', 'lib', 'lib64']) {
    const target = readlinkSync(`/${link}`);
    mkdirSync(join(folder, target), { recursive: true });
    symlinkSync(target, join(folder, link));
  }
  const paths = execFileSync('dpkg-query', ['-L', ...names], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\n')
    .filter((path) => /^\/.*\//.test(path) && !/^\/usr\/share\/(doc|man|locale|info|lintian|zoneinfo)\//.test(path));
  const list = [...new Set(paths.map((path) => path.slice(1))), ...alternatives].join('\n');
  const pack = 'tar -C / --no-recursion --ignore-failed-read -cf - -T - 2>/dev/null | tar -C "$0" -xf -';
  execFileSync('sh', ['-c', pack, folder], { input: list });
}

function installed(): Map<string, Package> {
  const format = '${Package}\t${Priority}\t${Essential}\t${Pre-Depends}, ${Depends}\t${db:Status-Abbrev}\n';
  const told = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return new Map(
    told
      .split('\n')
      .map((line) => line.split('\t'))
      .filter(([, , , , status = '']) => status.startsWith('ii'))
      .map(([name = '', priority, essential, needs = '']) => [
        name,
        {
          required: priority === 'required' || essential === 'yes',
          needs: needs.split(',').map((one) => one.split('|').map((word) => word.trim().replace(/[ :].*$/, ''))),
        },
      ]),
  );
}

/** A package that only another one stands for is left out. */
function closure(known: ReadonlyMap<string, Package>, names: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const choices of known.get(name)?.needs ?? []) {
      const chosen = choices.find((choice) => known.has(choice));
      if (chosen !== undefined) open.push(chosen);
    }
  }
  return [...found].sort();
}
