import { OutriggerError } from '../errors.ts';
import type { TapMatch, TapSide } from '../model/tap.ts';
import type { TapRequest } from '../observe/taps.ts';

/** Text of a parameter of the address; of a repeated one nobody knows which is meant. */
export type TapParameters = Readonly<Record<string, unknown>>;

/** A tap is an exception: it ends although the page is forgotten. Seconds. */
const longest = 3600;
const mostPerSecond = 1000;

/** Whose proxies: `replicas=all` are those of every replica. Throws OR4036. */
export function asksAll(given: TapParameters): boolean {
  return text(given, 'replicas', /^(own|all)$/) === 'all';
}

/** Throws OR4036. */
export function readTap(given: TapParameters): TapRequest {
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined) throw wrong(`there is no parameter ${JSON.stringify(unknown)}`);
  const peer = text(given, 'peer', name).split('/');
  const connections = text(given, 'connections', /^(yes|no)$/) === 'yes';
  const filter = ['method', 'path', 'authority', 'status'].find((key) => text(given, key, /^/) !== '');
  if (connections && filter !== undefined) throw wrong(`connections have no ${filter}`);
  return {
    id: wanted(given, 'id', /^[0-9a-f]{32}$/),
    target: { namespace: wanted(given, 'namespace', label), name: wanted(given, 'name', label) },
    sides: sidesOf(text(given, 'side', /^(calls|served|both)$/)),
    match: {
      method: text(given, 'method', /^[A-Za-z!#$%&'*+.^_`|~-]{1,32}$/).toUpperCase(),
      path: text(given, 'path', /^\/[\u0021-\u007e]{0,1000}$/),
      authority: text(given, 'authority', /^[\u0021-\u007e]{1,300}$/),
      ...statusOf(text(given, 'status', /^([1-5]xx|[1-5]\d\d(-[1-5]\d\d)?)$/)),
    },
    connections,
    peer: { namespace: peer.length > 1 ? (peer[0] ?? '') : '', name: peer.at(-1) ?? '' },
    mostPerSecond: count(given, 'rate', 100, mostPerSecond),
    durationMs: count(given, 'seconds', 600, longest) * 1000,
  };
}

const label = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const name = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const known = new Set([
  ...[
    'id',
    'namespace',
    'name',
    'side',
    'method',
    'path',
    'authority',
    'status',
    'peer',
    'connections',
    'rate',
    'replicas',
    'seconds',
  ],
]);

const wrong = (why: string) => new OutriggerError('OR4036', why);

/** '' when it is not given. */
function text(given: TapParameters, key: string, pattern: RegExp): string {
  const value = given[key] ?? '';
  if (value === '') return '';
  if (typeof value !== 'string' || !pattern.test(value)) throw wrong(`${key} is not as ${pattern.source}`);
  return value;
}

function wanted(given: TapParameters, key: string, pattern: RegExp): string {
  const value = text(given, key, pattern);
  if (value === '') throw wrong(`${key} is missing`);
  return value;
}

function count(given: TapParameters, key: string, otherwise: number, most: number): number {
  const value = text(given, key, /^\d{1,5}$/);
  const number = value === '' ? otherwise : Number(value);
  if (number < 1 || number > most) throw wrong(`${key} is a whole number from 1 to ${most}`);
  return number;
}

const sidesOf = (side: string): readonly TapSide[] =>
  side === 'calls' || side === 'served' ? [side] : ['served', 'calls'];

function statusOf(status: string): Pick<TapMatch, 'status'> {
  if (status === '') return {};
  const [first = '', last = first] = status.split('-');
  const [from, to] = [Number(first.replace('xx', '00')), Number(last.replace('xx', '99'))];
  if (from > to) throw wrong(`status ${status} holds nothing`);
  return { status: { from, to } };
}
