import { signal } from '@preact/signals';
import { decode } from '../format/names.ts';

/**
 * Where in the page one is: `#/config/VirtualService/shop/cart?problems=1`. Behind the `#`, because the page must work below any
 * path and from a server that knows one file.
 */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  return {
    path: path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decode),
    query: new URLSearchParams(query),
  };
}

export function printRoute(path: readonly string[], query: Readonly<Record<string, string>> = {}): string {
  const pairs = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${pairs === '' ? '' : `?${pairs}`}`;
}

export const route = signal(parseRoute(location.hash));

window.addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

/** Sets what is asked of this page, without a new entry in the history for each letter. */
export function replaceQuery(changes: Readonly<Record<string, string>>): void {
  const { path, query } = route.value;
  history.replaceState(null, '', printRoute(path, { ...Object.fromEntries(query), ...changes }));
  route.value = parseRoute(location.hash);
}
