import type { MetricChangeIR } from '../../ir/types/telemetry.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import type { Unknown } from './access-logging.ts';
import { findProvider, isFor, lastNamed, namesOf, type Side } from './providers.ts';

type Override = NonNullable<NonNullable<Config<Telemetry>['spec']['metrics']>[number]['overrides']>[number];

/** Istio's words for the metrics that proxies count. */
const metricOf: Readonly<Record<string, string>> = {
  REQUEST_COUNT: 'requests_total',
  REQUEST_DURATION: 'request_duration_milliseconds',
  REQUEST_SIZE: 'request_bytes',
  RESPONSE_SIZE: 'response_bytes',
  TCP_OPENED_CONNECTIONS: 'tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'tcp_connections_closed_total',
  TCP_SENT_BYTES: 'tcp_sent_bytes_total',
  TCP_RECEIVED_BYTES: 'tcp_received_bytes_total',
};
const all = Object.values(metricOf);

/** Istio's own name of a metric, as proxies count it or as Prometheus shows it. */
const metricNamed = (name: string): string => name.replace(/^istio_/, '');

export const isCounted = (name: string): boolean => all.includes(metricNamed(name));

/**
 * What differs from the standard metrics. The providers of the nearest level that names any count; overrides for such a
 * provider follow one another from the widest level to the nearest. Without a provider of Prometheus nothing is counted.
 */
export function metricsFor(
  levels: readonly Config<Telemetry>[],
  side: Side,
  settings: Pick<MeshSettings, 'extensionProviders' | 'defaultProviders'>,
  unknown: Unknown,
): readonly MetricChangeIR[] {
  const defaults = settings.defaultProviders.metrics;
  const said = levels.map(({ spec }) => (spec.metrics ?? []).flatMap(({ providers }) => namesOf(providers)));
  const counted = lastNamed(said, defaults).filter((name) => {
    const known = findProvider(settings.extensionProviders, name)?.prometheus !== undefined;
    if (!known) unknown(name, 'prometheus');
    return known;
  });
  if (counted.length === 0) return all.map((metric) => ({ metric, disabled: true, tags: [] }));
  const changes = new Map<string, Change>();
  for (const override of overridesFor(levels, counted, defaults)) apply(override, side, changes);
  return [...changes]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([metric, change]) => print(metric, change));
}

interface Change {
  disabled: boolean;
  readonly tags: Map<string, string | undefined>;
}

function overridesFor(
  levels: readonly Config<Telemetry>[],
  counted: readonly string[],
  defaults: readonly string[],
): readonly Override[] {
  let parents = defaults;
  return levels.flatMap(({ spec }) => {
    const entries = spec.metrics ?? [];
    const above = parents;
    parents = lastNamed([entries.flatMap(({ providers }) => namesOf(providers))], parents);
    return entries
      .filter(({ providers }) => {
        const own = namesOf(providers);
        return (own.length === 0 ? above : own).some((name) => counted.includes(name));
      })
      .flatMap(({ overrides }) => overrides ?? []);
  });
}

function apply({ match, disabled, tagOverrides }: Override, side: Side, changes: Map<string, Change>): void {
  if (!isFor(match?.mode, side)) return;
  for (const metric of metricsOf(match)) {
    const change = changes.get(metric) ?? { disabled: false, tags: new Map<string, string | undefined>() };
    if (disabled !== undefined) change.disabled = disabled;
    for (const [name, { operation, value }] of Object.entries(tagOverrides ?? {}))
      change.tags.set(name, operation === 'REMOVE' ? undefined : value);
    changes.set(metric, change);
  }
}

function metricsOf({ metric: name, customMetric }: NonNullable<Override['match']> = {}): readonly string[] {
  if (customMetric !== undefined) return all.filter((metric) => metric === metricNamed(customMetric));
  if (name === undefined || name === 'ALL_METRICS') return all;
  const metric = metricOf[name];
  return metric === undefined ? [] : [metric];
}

function print(metric: string, { disabled, tags }: Change): MetricChangeIR {
  const sorted = [...tags].sort(([left], [right]) => (left < right ? -1 : 1));
  const shown = sorted.map(([name, value]) => (value === undefined ? { name } : { name, value }));
  return { metric, disabled, tags: disabled ? [] : shown };
}
