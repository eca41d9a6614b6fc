import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bootstrapPatcher } from '../../src/app/bootstrap-patches.ts';
import { buildInjector } from '../../src/inject/build-injector.ts';
import { findProxy } from '../../src/inject/patch/finish.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { expandVariables } from '../../src/playground/pod-runner/expand-variables.ts';
import { merged } from '../../src/xds/patch/merge.ts';
import { bootstrapType } from '../../src/xds/patch/value-fault.ts';
import { namespace, podOf, settings, texts } from '../injector-fixture.ts';
import { findEnvoy } from './binary.ts';
import { variables, writePodFiles } from './running-envoy.ts';

/** Patches of bootstraps at injection, as the proxy of the pod is started with them, before the real Envoy. */
const envoy = findEnvoy('envoy');
const root = writePodFiles({ token: 'token', rootCertificate: 'not yet' });
afterAll(() => rmSync(root, { recursive: true, force: true }));

const injector = buildInjector(settings, texts, bootstrapPatcher(['istio-system']));

function injected(patches: string): { args: string[]; warnings: readonly string[] } {
  const spec = { configPatches: parse(patches).map((value: unknown) => patchOf(value)) };
  const metadata = { name: 'f', namespace: namespace.name };
  const object = { apiVersion: 'networking.istio.io/v1alpha3', kind: 'EnvoyFilter', metadata, spec } as JsonObject;
  const bootstrapFilters = [{ namespace: namespace.name, object }];
  const { pod, warnings } = injector.inject({ pod: podOf(), namespace, nodes: [], bootstrapFilters });
  const args = findProxy(pod)?.args ?? [];
  return { args: args.map((arg) => expandVariables(arg, variables).replaceAll('/etc/istio/pod', root)), warnings };
}

const patchOf = (value: unknown) => ({ applyTo: 'BOOTSTRAP', patch: { operation: 'MERGE', value } });
const bootstrapOf = (args: readonly string[]) => JSON.parse(args[args.indexOf('--config-yaml') + 1] ?? '');

function refusal(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(envoy ?? '', [...args, '--mode', 'validate'], { encoding: 'utf8' });
  return status === 0 && stdout.includes('OK') ? '' : `${status} ${stdout}${stderr}`;
}

const type = 'type.googleapis.com/envoy';
const collector = `{name: collector, type: STRICT_DNS, connect_timeout: 1s, load_assignment: {cluster_name: collector, endpoints:
  [{lb_endpoints: [{endpoint: {address: {socket_address: {address: collector.shop, port_value: 4317}}}}]}]}}`;
const good: readonly (readonly [string, string])[] = [
  [
    'sinks of statistics',
    `[{static_resources: {clusters: [${collector}]}, stats_sinks: [
    {name: envoy.stat_sinks.open_telemetry, typed_config: {"@type": ${type}.extensions.stat_sinks.open_telemetry.v3.SinkConfig,
      grpc_service: {envoy_grpc: {cluster_name: collector}}, emit_tags_as_attributes: true, max_data_points_per_request: 9}},
    {name: envoy.stat_sinks.statsd, typedConfig: {"@type": ${type}.config.metrics.v3.StatsdSink, tcp_cluster_name: collector,
      prefix: 'x$(POD_NAME)'}},
    {name: envoy.stat_sinks.metrics_service, typed_config: {"@type": ${type}.config.metrics.v3.MetricsServiceConfig,
      transport_api_version: V3, batch_size: 9, grpc_service: {envoy_grpc: {cluster_name: collector}}}}]}]`,
  ],
  [
    'tags and buckets',
    `[{stats_config: {stats_tags: [{tag_name: mine, regex: '^cluster\\.((.+?)\\.)x$'}],
    histogram_bucket_settings: [{match: {prefix: cluster}, buckets: [0.5, 1, 5]}, {match: {prefix: http}, bins: 100}]}}]`,
  ],
  [
    'an overload manager',
    `[{overload_manager: {refresh_interval: 0.25s, resource_monitors: [{name: envoy.resource_monitors.fixed_heap,
    typed_config: {"@type": ${type}.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig, max_heap_size_bytes: 500000000}}],
    actions: [{name: envoy.overload_actions.stop_accepting_requests, triggers: [{name: envoy.resource_monitors.fixed_heap, threshold: {value: 0.95}}]}]}}]`,
  ],
  ['the runtime', '[{layered_runtime: {layers: [{name: mine, static_layer: {"overload.x": 1}}]}}]'],
  [
    'times',
    '[{stats_flush_interval: 2s, stats_eviction_interval: 4s, statsServerVersionOverride: 7, watchdogs: {main_thread_watchdog: {miss_timeout: 5s}}}]',
  ],
  ['the log', '[{application_log_config: {log_format: {text_format: "%Y %v $$ $(POD_NAME)"}}}]'],
];

describe.skipIf(envoy === undefined)('bootstraps that EnvoyFilters change', () => {
  test.each(good)('the real Envoy starts with %s', (_, patches) => {
    const { args, warnings } = injected(patches);
    expect(warnings.filter((warning) => warning.includes('OR2456'))).toEqual([]);
    expect(bootstrapOf(args)).not.toEqual(bootstrapOf(injected('[]').args));
    expect(refusal(args)).toBe('');
  });

  /** Each would end Envoy at its start: the first is what it says of it, the second what the user of the pod is told. */
  test.each<[string, RegExp, RegExp]>([
    ['{stats_flush_interval: 0s}', /stats_flush|StatsFlushInterval/i, /stats_flush_interval has to be/],
    ['{no_such_field: 1}', /no_such_field|no such field/, /has no field "no_such_field"/],
    ['{node: 7}', /node/, /an object/],
    [
      '{static_resources: {clusters: [{name: xds, connect_timeout: 1s}]}}',
      /[Dd]uplicate|xds/,
      /static_resources.clusters has xds already/,
    ],
    [
      '{layered_runtime: {layers: [{name: a, static_layer: {}}, {name: a, static_layer: {}}]}}',
      /[Dd]uplicate layer/,
      /layered_runtime.layers has a already/,
    ],
    [
      '{stats_sinks: [{name: envoy.stat_sinks.statsd}]}',
      /Didn't find a registered implementation/,
      /envoy.stat_sinks.statsd of stats_sinks has no typed_config/,
    ],
    [
      `{overload_manager: {resource_monitors: [{name: envoy.resource_monitors.global_downstream_max_connections, typed_config:
        {"@type": ${type}.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig, max_active_downstream_connections: 9}}]}}`,
      /Duplicate resource monitor/,
      /resource_monitors has envoy.resource_monitors.global_downstream_max_connections already/,
    ],
    [
      `{stats_sinks: [{name: x, typed_config: {"@type": ${type}.extensions.none.v3.None}}]}`,
      /none.v3.None/,
      /envoy.extensions.none.v3.None is no type/,
    ],
    [
      `{bootstrap_extensions: [{name: x, typed_config: {"@type": ${type}.extensions.filters.http.router.v3.Router}}]}`,
      /Didn't find a registered implementation/,
      /stock Envoy knows no extension by envoy.extensions.filters.http.router.v3.Router there/,
    ],
    [
      `{stats_sinks: [{name: x, typed_config: {"@type": ${type}.extensions.bootstrap.internal_listener.v3.InternalListener}}]}`,
      /Didn't find a registered implementation/,
      /stock Envoy knows no extension by envoy.extensions.bootstrap.internal_listener/,
    ],
  ])('what it would not start with is left out, and told of: %s', (value, envoys, ours) => {
    const { args, warnings } = injected(`[${value}]`);
    expect(warnings.join('\n')).toMatch(ours);
    expect(warnings.join('\n')).toContain('OR2456 EnvoyFilter shop/f spec.configPatches[0]');
    const plain = injected('[]').args;
    expect(bootstrapOf(args)).toEqual(bootstrapOf(plain));
    const broken = JSON.stringify(merged(bootstrapType, bootstrapOf(plain), parse(value)));
    const at = plain.indexOf('--config-yaml') + 1;
    expect(refusal([...plain.slice(0, at), broken, ...plain.slice(at + 1)])).toMatch(envoys);
  });

  test('one that is too long for an argument is left out', () => {
    const long = `{header_prefix: x${'y'.repeat(131_072)}}`;
    const { args, warnings } = injected(`[${long}]`);
    expect(warnings.join('\n')).toMatch(/OR2456 .*more than 131071 bytes/);
    expect(refusal(args)).toBe('');
  });

  test('texts of a patch come out as they went in, whatever the kubelet replaces', () => {
    const { args } = injected('[{application_log_config: {log_format: {text_format: "$$ $(POD_NAME) $x"}}}]');
    expect(bootstrapOf(args).application_log_config.log_format.text_format).toBe('$$ $(POD_NAME) $x');
  });
});
