import { OutriggerError } from '../../errors.ts';
import { nearest } from '../../model/nearest.ts';

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;
/** What a proxy begins with. */
export const defaultLevel = 'warning';

/** Loggers by name, from the answer of `/logging`. Throws OR2533 for an answer that is none. */
export function readLevels(text: string, from: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, level] = /^\s+([\w./-]+):\s+(\w+)\s*$/.exec(line) ?? [];
    if (name !== undefined && level !== undefined) found.set(name, level);
  }
  if (found.size === 0) throw new OutriggerError('OR2533', `${from}: /logging answers no list of loggers`);
  return found;
}

/**
 * Paths that set levels: `debug` for all, `http:debug,router:trace` for some, as istioctl takes them (`http=debug`,
 * too). Throws OR2539.
 */
export function levelPaths(given: string, known: Iterable<string>): string[] {
  const names = [...known];
  return given.split(',').map((part) => {
    const [name, level] = /^([^:=]+)[:=](.+)$/.exec(part)?.slice(1) ?? [undefined, part];
    const wanted = levelOf(level ?? '');
    if (name === undefined) return `/logging?level=${wanted}`;
    if (names.includes(name)) return `/logging?${encodeURIComponent(name)}=${wanted}`;
    const near = nearest(name, names);
    throw new OutriggerError(
      'OR2539',
      `there is no logger ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  });
}

function levelOf(text: string): string {
  const level = text === 'warn' ? 'warning' : text;
  if ((levels as readonly string[]).includes(level)) return level;
  throw new OutriggerError('OR2539', `${text} is no level`);
}

export function printLevels(active: ReadonlyMap<string, string>): string {
  const lines = [...active].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, level]) => `  ${name}: ${level}`);
  return `active loggers:\n${lines.join('\n')}\n`;
}
