import type { JsonObject } from '../../../model/json.ts';
import { nearest } from '../../../model/nearest.ts';
import { parseQuantity } from '../../../model/quantity.ts';
import type { InjectRequest } from '../../review/request.ts';
import { linkerdCatalogue, linkerdPrefixes } from './catalogue.ts';
import { portsOfList } from './ports.ts';

export interface InIstiosWords {
  readonly request: InjectRequest;
  /** A layer of ProxyConfig beneath the pod's own. */
  readonly proxyConfig: JsonObject;
  readonly warnings: readonly string[];
}

/** What one annotation becomes; `undefined` for a value that is none. */
type Said = { readonly annotation?: readonly [key: string, value: string]; readonly proxyConfig?: JsonObject };
type Rule = { readonly expected: string; readonly say: (value: string) => Said | undefined };

const quantity = (key: string): Rule => ({
  expected: 'a quantity such as 100m or 64Mi',
  say: (value) => (parseQuantity(value) === undefined ? undefined : { annotation: [key, value] }),
});

const ports = (key: string): Rule => ({
  expected: 'ports and ranges such as 25,4000-4010, at most 500 ports',
  say: (value) => {
    const list = portsOfList(value);
    return list === undefined ? undefined : { annotation: [key, list.join(',')] };
  },
});

const native: Rule = {
  expected: 'true or false',
  say: (value) =>
    value === 'true' || value === 'false' ? { annotation: ['sidecar.istio.io/nativeSidecar', value] } : undefined,
};

const drain = /^[0-9]{1,5}(\.[0-9]+)?(ms|s|m|h)$/;
/** Of Rust's tracing: `warn,linkerd=info`. What is for a target is about code that Envoy has not. */
const levels: Readonly<Record<string, string>> = {
  ...{ off: 'off', error: 'error', warn: 'warning', info: 'info', debug: 'debug', trace: 'trace' },
};

const rules: Readonly<Record<string, Rule>> = {
  'proxy-cpu-request': quantity('sidecar.istio.io/proxyCPU'),
  'proxy-cpu-limit': quantity('sidecar.istio.io/proxyCPULimit'),
  'proxy-memory-request': quantity('sidecar.istio.io/proxyMemory'),
  'proxy-memory-limit': quantity('sidecar.istio.io/proxyMemoryLimit'),
  'proxy-ephemeral-storage-request': quantity('proxy.outrigger.io/ephemeralStorage'),
  'proxy-ephemeral-storage-limit': quantity('proxy.outrigger.io/ephemeralStorageLimit'),
  'skip-inbound-ports': ports('traffic.sidecar.istio.io/excludeInboundPorts'),
  'skip-outbound-ports': ports('traffic.sidecar.istio.io/excludeOutboundPorts'),
  'proxy-await': {
    expected: 'enabled or disabled',
    say: (value) =>
      value === 'enabled' || value === 'disabled'
        ? { proxyConfig: { holdApplicationUntilProxyStarts: value === 'enabled' } }
        : undefined,
  },
  'proxy-log-level': {
    expected: 'a level such as warn,linkerd=info',
    say: (value) => {
      const level = value.split(',').find((part) => !part.includes('=')) ?? '';
      const name = level.trim().toLowerCase();
      const known = Object.hasOwn(levels, name) ? levels[name] : undefined;
      return known === undefined ? undefined : { annotation: ['sidecar.istio.io/logLevel', known] };
    },
  },
  'shutdown-grace-period': {
    expected: 'a duration such as 30s',
    say: (value) => (drain.test(value) ? { proxyConfig: { terminationDrainDuration: value } } : undefined),
  },
  'proxy-enable-native-sidecar': native,
};

/** At most this many annotations are told of one by one. */
const mostWarnings = 20;

/**
 * The request with what Linkerd's annotations ask for said by Istio's, so that nothing behind this stage knows of
 * them. An annotation of Istio on the pod wins. A value that is none has no effect and is told, as with Linkerd.
 */
export function inIstiosWords(request: InjectRequest): InIstiosWords {
  const own = request.pod.metadata.annotations ?? {};
  const asked = { ...linkerdsOf(request.namespace.annotations), ...linkerdsOf(own) };
  const keys = Object.keys(asked);
  if (keys.length === 0) return { request, proxyConfig: {}, warnings: [] };
  const annotations: Record<string, string> = {};
  const proxyConfig: JsonObject = {};
  const warnings: string[] = [];
  for (const key of keys) {
    const rule = ruleOf(key);
    if (rule === undefined) {
      warnings.push(withoutEffect(key));
      continue;
    }
    const said = rule.say(asked[key] ?? '');
    if (said === undefined) warnings.push(noValue(key, asked[key] ?? '', rule.expected));
    else {
      if (said.annotation !== undefined) annotations[said.annotation[0]] = said.annotation[1];
      Object.assign(proxyConfig, said.proxyConfig);
    }
  }
  const { metadata } = request.pod;
  const pod = { ...request.pod, metadata: { ...metadata, annotations: { ...annotations, ...own } } };
  return { request: { ...request, pod }, proxyConfig, warnings: bounded(warnings) };
}

/** Undefined for what has no effect. */
function ruleOf(key: string): Rule | undefined {
  const name = key.slice(key.indexOf('/') + 1);
  const works = Object.hasOwn(linkerdCatalogue, key) && linkerdCatalogue[key]?.state === 'works';
  return works && Object.hasOwn(rules, name) ? rules[name] : undefined;
}

function linkerdsOf(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of Object.keys(annotations))
    if (linkerdPrefixes.some((prefix) => key.startsWith(prefix))) found[key] = annotations[key] ?? '';
  return found;
}

function withoutEffect(key: string): string {
  if (key === 'config.linkerd.io/opaque-ports')
    return `Annotation ${key} has an effect on Services only: annotate the Service, or name its port tcp-….`;
  if (Object.hasOwn(linkerdCatalogue, key)) return `Annotation ${key} has no effect: ${linkerdCatalogue[key]?.text}.`;
  const near = nearest(key, Object.keys(linkerdCatalogue));
  return `Annotation ${key} is unknown and has no effect${near === undefined ? '' : `; did you mean ${near}?`}`;
}

function noValue(key: string, value: string, expected: string): string {
  return `Annotation ${key}: ${JSON.stringify(value.slice(0, 100))} has no effect; write ${expected}.`;
}

function bounded(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= mostWarnings) return warnings;
  const further = warnings.length - mostWarnings;
  return [...warnings.slice(0, mostWarnings), `${further} further annotations of Linkerd have no effect either.`];
}
