import type { ClusterIR } from '../../ir/types/cluster.ts';
import type { SpanTagIR, TracerIR, TracingIR } from '../../ir/types/telemetry.ts';
import type { ExtensionProvider } from '../../model/extension-provider.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Config } from '../../registry/snapshot.ts';
import { parseDuration } from '../../schema/common/duration.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import { given } from '../given.ts';
import type { Unknown } from './access-logging.ts';
import { findProvider, isFor, lastNamed, namesOf, type Side } from './providers.ts';

export type TracingSettings = Pick<MeshSettings, 'extensionProviders' | 'defaultProviders' | 'traceSampling'>;

export interface TracingInputs {
  readonly settings: TracingSettings;
  /** Istio's own tags of the workload. */
  readonly istioTags: readonly SpanTagIR[];
  readonly serviceName: string;
  readonly clusterOf: (service: string, port: number) => ClusterIR | undefined;
  readonly unknown: Unknown;
}

export interface TracingVerdict {
  readonly tracing: TracingIR;
  readonly collector?: ClusterIR;
}

type Entry = NonNullable<Config<Telemetry>['spec']['tracing']>[number];
type CustomTag = NonNullable<Entry['customTags']>[string];

/** Who is told of spans, and what they say. Each field counts as the nearest level has it. */
export function tracingFor(levels: readonly Config<Telemetry>[], side: Side, inputs: TracingInputs): TracingVerdict {
  const { settings, istioTags, unknown } = inputs;
  const entries = levels.flatMap(({ spec }) => (spec.tracing ?? []).filter(({ match }) => isFor(match?.mode, side)));
  const nearest = <K extends keyof Entry>(field: K) => entries.findLast((entry) => entry[field] !== undefined)?.[field];
  const base = {
    sampling: nearest('randomSamplingPercentage') ?? settings.traceSampling,
    byRequestId: nearest('useRequestIdForTraceSampling') ?? true,
    propagates: nearest('disableContextPropagation') !== true,
    tags: [],
  };
  const [name] = lastNamed(
    entries.map(({ providers }) => namesOf(providers)),
    settings.defaultProviders.tracing,
  );
  if (name === undefined || nearest('disableSpanReporting') === true) return { tracing: base };
  const found = tracerOf(name, inputs);
  if (found === undefined) {
    unknown(name, 'zipkin or opentelemetry, with a service and port that the workload sees');
    return { tracing: base };
  }
  const custom = Object.entries(nearest('customTags') ?? {}).flatMap(([tag, value]) => tagOf(tag, value));
  const own = nearest('enableIstioTags') === false ? [] : istioTags;
  const taken = new Set(custom.map((tag) => tag.name));
  const tags = [...own.filter((tag) => !taken.has(tag.name)), ...custom].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { tracing: { ...base, tracer: found.tracer, tags }, collector: found.collector };
}

function tagOf(name: string, { literal, environment, header, formatter }: CustomTag): SpanTagIR[] {
  if (literal !== undefined) return [{ name, kind: 'literal', value: literal.value }];
  if (formatter !== undefined) return [{ name, kind: 'format', value: formatter.value }];
  const kind = environment === undefined ? 'header' : 'environment';
  const from = environment ?? header;
  return from === undefined ? [] : [{ name, kind, from: from.name, otherwise: from.defaultValue ?? '' }];
}

function tracerOf(
  name: string,
  { settings, clusterOf, serviceName }: TracingInputs,
): { readonly tracer: TracerIR; readonly collector: ClusterIR } | undefined {
  const provider = findProvider(settings.extensionProviders, name);
  const place = provider?.zipkin ?? provider?.opentelemetry;
  const collector = place === undefined ? undefined : clusterOf(place.service, place.port);
  if (provider === undefined || place === undefined || collector === undefined) return undefined;
  const base = {
    cluster: collector.name,
    host: place.service.slice(place.service.indexOf('/') + 1),
    ...given({ maxTagLength: place.maxTagLength }),
  };
  return { tracer: { ...base, ...kindOf(provider, serviceName) }, collector };
}

type Unlike<T> = T extends TracerIR ? Omit<T, 'cluster' | 'host' | 'maxTagLength'> : never;

function kindOf({ zipkin, opentelemetry }: ExtensionProvider, serviceName: string): Unlike<TracerIR> {
  if (zipkin !== undefined)
    return {
      kind: 'zipkin',
      path: zipkin.path ?? '/api/v2/spans',
      longIds: zipkin.enable64bitTraceId !== true,
    };
  const { http, port = 0 } = opentelemetry ?? {};
  if (http === undefined) return { kind: 'opentelemetry', port, serviceName };
  const timeoutMs = parseDuration(http.timeout ?? '') ?? defaultTimeout;
  return {
    kind: 'opentelemetry',
    port,
    serviceName,
    http: { path: http.path, timeoutMs, headers: http.headers ?? [] },
  };
}

/** Milliseconds, as in Istio. */
const defaultTimeout = 3_000;
