import { RE2JS } from 're2js';
import { istioVersion } from '../../model/istio-version.ts';

interface ProxyMatch {
  readonly proxyVersion?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** As in Istio: the expression fits a part of the version, each entry of the metadata is the same text. Empty is not set. */
export function isProxyMatched({ proxyVersion = '', metadata = {} }: ProxyMatch, own: ReadonlyMap<string, string>) {
  if (proxyVersion !== '' && !fitsVersion(proxyVersion)) return false;
  return Object.entries(metadata).every(([key, value]) => own.get(key) === value);
}

/** There are few of them, and there is one version. */
const known = new Map<string, boolean>();
const mostKnown = 1000;

function fitsVersion(expression: string): boolean {
  const fits = known.get(expression) ?? RE2JS.compile(expression).matcher(istioVersion).find();
  if (known.size < mostKnown) known.set(expression, fits);
  return fits;
}
