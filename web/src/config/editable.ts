import { type Document, parseDocument } from 'yaml';
import { changeYaml } from './yaml-style.ts';

/** What the forms can change in a resource, read from its YAML. */
export type Editable =
  | { readonly kind: 'routes'; readonly routes: readonly EditableRoute[] }
  | {
      readonly kind: 'mode';
      readonly path: readonly string[];
      readonly mode: string;
      readonly modes: readonly string[];
    };

export interface EditableRoute {
  readonly index: number;
  /** The route's name, or what it matches. */
  readonly title: string;
  readonly destinations: readonly { readonly name: string; readonly weight: number }[];
  readonly timeout: string;
  /** Percent of the requests that are delayed, and for how long: `2s`. */
  readonly delay: { readonly percent: number; readonly time: string };
  /** Percent of the requests that are answered with this status instead. */
  readonly abort: { readonly percent: number; readonly status: number };
}

type Loose = Record<string, unknown>;

/** `undefined` for kinds without a form. */
export function readEditable(kind: string, yaml: string): Editable | undefined {
  const object = loose(parseDocument(yaml).toJS());
  const spec = loose(object['spec']);
  if (kind === 'VirtualService') {
    const routes = list(spec['http']).map((route, index) => readRoute(loose(route), index));
    return routes.length === 0 ? undefined : { kind: 'routes', routes };
  }
  if (kind === 'PeerAuthentication')
    return {
      kind: 'mode',
      path: ['spec', 'mtls', 'mode'],
      mode: text(loose(spec['mtls'])['mode'], 'UNSET'),
      modes: ['UNSET', 'PERMISSIVE', 'STRICT', 'DISABLE'],
    };
  if (kind === 'DestinationRule')
    return {
      kind: 'mode',
      path: ['spec', 'trafficPolicy', 'tls', 'mode'],
      mode: text(loose(loose(spec['trafficPolicy'])['tls'])['mode'], ''),
      modes: ['', 'ISTIO_MUTUAL', 'DISABLE'],
    };
  return undefined;
}

function readRoute(route: Loose, index: number): EditableRoute {
  const fault = loose(route['fault']);
  const [delay, abort] = [loose(fault['delay']), loose(fault['abort'])];
  return {
    index,
    title: titleOf(route, index),
    destinations: list(route['route']).map((one) => {
      const { destination, weight } = loose(one);
      const { host, subset } = loose(destination);
      return {
        name: subset === undefined ? text(host, '?') : `${text(subset, '?')} of ${text(host, '?')}`,
        weight: typeof weight === 'number' ? weight : 0,
      };
    }),
    timeout: text(route['timeout'], ''),
    delay: { percent: percentOf(delay), time: text(delay['fixedDelay'], '') },
    abort: { percent: percentOf(abort), status: typeof abort['httpStatus'] === 'number' ? abort['httpStatus'] : 503 },
  };
}

/** Istio's: `percentage.value`, before it `percent`; a fault without either is for all. */
function percentOf(fault: Loose): number {
  if (Object.keys(fault).length === 0) return 0;
  const value = loose(fault['percentage'])['value'] ?? fault['percent'] ?? 100;
  return typeof value === 'number' ? value : 0;
}

function titleOf(route: Loose, index: number): string {
  if (typeof route['name'] === 'string') return route['name'];
  const matches = list(route['match']).map((one) =>
    Object.entries(loose(one))
      .map(([field, how]) => `${field} ${JSON.stringify(how)}`)
      .join(', '),
  );
  return matches.length === 0 ? `route ${index + 1}, everything else` : `route ${index + 1}: ${matches.join(' or ')}`;
}

/** The YAML with the changes of a route written in, its comments and order kept. */
export function writeRoute(yaml: string, before: EditableRoute, after: EditableRoute): string {
  const at = ['spec', 'http', after.index];
  const { delay, abort } = after;
  return changeYaml(yaml, (document) => {
    after.destinations.forEach(({ weight }, index) => {
      if (weight !== before.destinations[index]?.weight) document.setIn([...at, 'route', index, 'weight'], weight);
    });
    if (after.timeout !== before.timeout) setOrDelete(document, [...at, 'timeout'], after.timeout || undefined);
    if (!same(delay, before.delay))
      setOrDelete(document, [...at, 'fault', 'delay'], withPercent(delay.percent, { fixedDelay: delay.time }));
    if (!same(abort, before.abort))
      setOrDelete(document, [...at, 'fault', 'abort'], withPercent(abort.percent, { httpStatus: abort.status }));
    const fault = document.getIn([...at, 'fault']) as { readonly items?: readonly unknown[] } | undefined;
    if (fault?.items?.length === 0) document.deleteIn([...at, 'fault']);
  });
}

function withPercent(percent: number, fields: Loose): Loose | undefined {
  return percent > 0 ? { percentage: { value: percent }, ...fields } : undefined;
}

export function writeMode(yaml: string, path: readonly string[], mode: string): string {
  return changeYaml(yaml, (document) => setOrDelete(document, path, mode || undefined));
}

function setOrDelete(document: Document.Parsed, path: readonly (string | number)[], value: unknown): void {
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, typeof value === 'object' ? document.createNode(value) : value);
}

/** One weight set, the others share the rest in the proportion that they had; whole numbers whose sum is 100. */
export function rebalance(weights: readonly number[], index: number, value: number): number[] {
  const set = Math.min(100, Math.max(0, Math.round(value)));
  const others = weights.filter((_, at) => at !== index);
  const before = others.reduce((sum, weight) => sum + weight, 0);
  const rest = 100 - set;
  const shares = weights.map((weight, at) => {
    if (at === index) return set;
    return Math.floor(before === 0 ? rest / others.length : (weight / before) * rest);
  });
  let missing = 100 - shares.reduce((sum, weight) => sum + weight, 0);
  return shares.map((weight, at) => {
    if (at === index || missing <= 0) return weight;
    missing--;
    return weight + 1;
  });
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function loose(value: unknown): Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown, absent: string): string {
  return typeof value === 'string' ? value : absent;
}
