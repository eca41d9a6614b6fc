import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ClusterIR } from '../../ir/types/cluster.ts';
import { defaultMeshSettings } from '../../model/mesh-settings.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import { accessLogsFor } from './access-logging.ts';
import { metricsFor } from './metrics.ts';
import { telemetriesFor } from './select.ts';
import { tracingFor } from './tracing.ts';

function telemetry(spec: string, namespace = 'x', name = 't'): Config<Telemetry> {
  const place = { namespace, name };
  const origin = { kind: 'Telemetry', ...place };
  return { ...place, spec: parse(spec), createdAt: 0, labels: {}, annotations: {}, origin };
}
const settings = {
  ...defaultMeshSettings,
  extensionProviders: [
    { name: 'file', envoyFileAccessLog: { path: '/tmp/a', logFormat: { text: '%PATH%' } } },
    { name: 'json', envoyFileAccessLog: { path: '/dev/stdout', logFormat: { labels: { a: '%PATH%' } } } },
    { name: 'zip', zipkin: { service: 'zip.x', port: 9411 } },
    {
      name: 'otel',
      opentelemetry: { service: 'ns/otel.x', port: 4317, maxTagLength: 9, http: { path: '/v1/traces' } },
    },
    { name: 'gone', zipkin: { service: 'gone.x', port: 1 } },
  ],
};
const unknown: string[] = [];
const tell = (name: string) => {
  unknown.push(name);
};

test('one of the root namespace, one of the namespace, one that selects; the oldest of each', () => {
  const list = [
    telemetry('{}', 'istio-system', 'root'),
    telemetry('{}', 'istio-system', 'younger'),
    telemetry('{selector: {matchLabels: {app: b}}}', 'x', 'other'),
    telemetry('{selector: {matchLabels: {app: a}}}', 'x', 'own'),
    telemetry('{selector: {matchLabels: {app: a}}}', 'x', 'second'),
    telemetry('{targetRef: {kind: Gateway, name: g}}', 'x', 'attached'),
    telemetry('{}', 'x', 'namespace'),
    telemetry('{}', 'y', 'elsewhere'),
  ];
  const query = { namespace: 'x', labels: { app: 'a' }, rootNamespaces: ['outrigger-system', 'istio-system'] };
  expect(telemetriesFor(list, query).map(({ name }) => name)).toEqual(['root', 'namespace', 'own']);
  expect(telemetriesFor(list, { ...query, namespace: 'istio-system' }).map(({ name }) => name)).toEqual(['root']);
});

describe('access logs', () => {
  const logs = (levels: readonly string[], side: 'calls' | 'served' = 'calls', more = {}) =>
    accessLogsFor(
      levels.map((spec) => telemetry(`{accessLogging: [${spec}]}`)),
      side,
      { ...settings, ...more },
      tell,
    ).map(({ file, format, filter }) => [file, format, filter].join(' ').trim());

  test.each<[string, string[], string[], object?]>([
    ['nothing said is the file of the mesh', [], ['/dev/x'], { accessLogFile: '/dev/x' }],
    ['nor there', [], []],
    [
      'default providers',
      [],
      ['/dev/stdout'],
      { defaultProviders: { ...settings.defaultProviders, accessLogging: ['envoy'] } },
    ],
    ['off', ['{disabled: true}'], [], { defaultProviders: { ...settings.defaultProviders, accessLogging: ['envoy'] } }],
    [
      'the nearest level that names any',
      ['{providers: [{name: file}]}', '{providers: [{name: json}]}'],
      ['/dev/stdout {"a":"%PATH%"}'],
    ],
    [
      'names of above, a filter of below',
      ['{providers: [{name: file}]}', '{filter: {expression: x}}'],
      ['/tmp/a %PATH%\n x'],
    ],
    [
      'several, in order of names',
      ['{providers: [{name: json}, {name: file}]}'],
      ['/tmp/a %PATH%', '/dev/stdout {"a":"%PATH%"}'],
    ],
    ['the other side', ['{match: {mode: SERVER}, providers: [{name: file}]}'], []],
    ['switched off below', ['{providers: [{name: file}]}', '{disabled: true}'], []],
    [
      'and on again for both sides',
      ['{providers: [{name: file}]}', '{disabled: true}, {disabled: false}'],
      ['/tmp/a %PATH%'],
    ],
  ])('%s', (_, levels, expected, more) => {
    expect(logs(levels, 'calls', more)).toEqual(expected.map((line) => line.trim()));
  });

  test('a provider that is none is told, the others log', () => {
    unknown.length = 0;
    expect(logs(['{providers: [{name: nobody}, {name: zip}, {name: file}]}'])).toEqual(['/tmp/a %PATH%']);
    expect(unknown).toEqual(['nobody', 'zip']);
  });
});

describe('metrics', () => {
  const metrics = (...levels: string[]) =>
    metricsFor(
      levels.map((spec) => telemetry(`{metrics: [${spec}]}`)),
      'calls',
      settings,
      tell,
    );

  test('overrides follow one another, each for its side', () => {
    expect(metrics()).toEqual([]);
    expect(
      metrics(
        '{overrides: [{match: {metric: REQUEST_COUNT}, disabled: true, tagOverrides: {a: {value: "1"}}}]}',
        '{overrides: [{match: {metric: REQUEST_COUNT, mode: CLIENT}, disabled: false, tagOverrides: {b: {operation: REMOVE}}}, {match: {metric: REQUEST_SIZE, mode: SERVER}, disabled: true}]}',
      ),
    ).toEqual([{ metric: 'requests_total', disabled: false, tags: [{ name: 'a', value: '1' }, { name: 'b' }] }]);
    expect(metrics('{overrides: [{disabled: true}]}')).toHaveLength(8);
    expect(metrics('{overrides: [{match: {metric: GRPC_REQUEST_MESSAGES}, disabled: true}]}')).toEqual([]);
  });

  test('without a provider that counts, nothing is counted', () => {
    unknown.length = 0;
    expect(metrics('{providers: [{name: zip}]}').every(({ disabled }) => disabled)).toBe(true);
    expect(unknown).toEqual(['zip']);
    // Overrides for somebody else are not for it.
    expect(
      metrics('{providers: [{name: zip}], overrides: [{disabled: true}]}', '{providers: [{name: prometheus}]}'),
    ).toEqual([]);
  });
});

describe('traces', () => {
  const clusters: Readonly<Record<string, string>> = { 'zip.x 9411': 'zip', 'ns/otel.x 4317': 'otel' };
  const trace = (side: 'calls' | 'served', ...levels: string[]) =>
    tracingFor(
      levels.map((spec) => telemetry(`{tracing: [${spec}]}`)),
      side,
      {
        settings,
        unknown: tell,
        serviceName: 'a.x',
        istioTags: [{ name: 'istio.namespace', kind: 'literal', value: 'x' }],
        clusterOf: (service, port) => {
          const name = clusters[`${service} ${port}`];
          return name === undefined ? undefined : ({ name } as ClusterIR);
        },
      },
    );
  const none = { sampling: 1, byRequestId: true, propagates: true, tags: [] };

  test('each field as the nearest level has it', () => {
    expect(trace('calls')).toEqual({ tracing: none });
    const levels = [
      '{providers: [{name: zip}], randomSamplingPercentage: 10, customTags: {a: {literal: {value: "1"}}}}',
      '{match: {mode: CLIENT}, providers: [{name: otel}], customTags: {b: {header: {name: h}}}, enableIstioTags: false}, {match: {mode: SERVER}, randomSamplingPercentage: 0, useRequestIdForTraceSampling: false, disableContextPropagation: true}',
    ];
    expect(trace('calls', ...levels).tracing).toEqual({
      ...none,
      sampling: 10,
      tracer: {
        ...{ kind: 'opentelemetry', cluster: 'otel', host: 'otel.x', port: 4317, serviceName: 'a.x', maxTagLength: 9 },
        http: { path: '/v1/traces', timeoutMs: 3000, headers: [] },
      },
      tags: [{ name: 'b', kind: 'header', from: 'h', otherwise: '' }],
    });
    const served = trace('served', ...levels);
    expect(served.collector?.name).toBe('zip');
    expect(served.tracing).toEqual({
      sampling: 0,
      byRequestId: false,
      propagates: false,
      tracer: { kind: 'zipkin', cluster: 'zip', host: 'zip.x', path: '/api/v2/spans', longIds: true },
      tags: [
        { name: 'a', kind: 'literal', value: '1' },
        { name: 'istio.namespace', kind: 'literal', value: 'x' },
      ],
    });
  });

  test('switched off, or nobody there: none are told, and the sampling stays', () => {
    unknown.length = 0;
    const off = '{providers: [{name: zip}], disableSpanReporting: true, randomSamplingPercentage: 5}';
    expect(trace('calls', off)).toEqual({ tracing: { ...none, sampling: 5 } });
    expect(trace('calls', '{providers: [{name: gone}]}')).toEqual({ tracing: none });
    expect(trace('calls', '{providers: [{name: file}]}')).toEqual({ tracing: none });
    expect(unknown).toEqual(['gone', 'file']);
  });
});
