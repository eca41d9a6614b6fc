import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageFolder } from '../../src/app/places.ts';
import { findPrometheus } from './prometheus.ts';

/** Each alert before promtool: at the condition that it is for, and at a near miss. */
const programs = findPrometheus();
const addons = join(packageFolder, 'manifests/addons');

interface Story {
  /** Series in promtool's short form, a value a minute: `1x10` stays, `1+1x10` grows. */
  readonly fires: Readonly<Record<string, string>>;
  readonly misses: Readonly<Record<string, string>>;
  /** Minutes from the beginning, which is 1970. */
  readonly at: number;
}

const up = 'up{job="outrigger-control-plane"}';
const day = 86_400;
const overflow = 'envoy_server_stats_overflow_counter{namespace="shop",pod="cart"}';
const stories: Readonly<Record<string, Story>> = {
  // One of two replicas is enough.
  OutriggerControlPlaneAway: {
    ...{ fires: { [up]: '1 0x10' }, at: 5 },
    misses: { [`${up.slice(0, -1)},pod="a"}`]: '0x10', [`${up.slice(0, -1)},pod="b"}`]: '1x10' },
  },
  // One that takes it back within a minute wakes nobody.
  OutriggerProxiesReject: {
    ...{ fires: { 'outrigger_proxies{state="nacked"}': '0 1x10' }, at: 5 },
    misses: { 'outrigger_proxies{state="nacked"}': '0 1 0x10', 'outrigger_proxies{state="stale"}': '3x10' },
  },
  OutriggerCertificateNearExpiry: {
    fires: certificates(4 * 3600, 3),
    misses: certificates(4 * 3600 + 1200, 3),
    at: 10,
  },
  OutriggerServingCertificateNearExpiry: {
    fires: { 'outrigger_certificate_expiry_timestamp_seconds{certificate="leaf"}': `${day}x20` },
    misses: { 'outrigger_certificate_expiry_timestamp_seconds{certificate="leaf"}': `${day + 1200}x20` },
    at: 10,
  },
  OutriggerRootNearExpiry: {
    fires: { outrigger_root_expiry_timestamp_seconds: `${30 * day}x100` },
    misses: { outrigger_root_expiry_timestamp_seconds: `${30 * day + 7200}x100` },
    at: 90,
  },
  OutriggerInjectionFails: {
    fires: { sidecar_injection_failure_total: '0x5 0+1x10' },
    misses: { sidecar_injection_failure_total: '0x5 2x10' },
    at: 15,
  },
  // A queue that empties in between is work, and no fault.
  OutriggerPushQueueStuck: {
    fires: { outrigger_push_queue_length: '5x20' },
    misses: { outrigger_push_queue_length: '5 5 5 0 5 5 5 0 5 5 5 0 5 5 5 0 5 5 5 0' },
    at: 15,
  },
  OutriggerMemoryNearLimit: {
    fires: { process_resident_memory_bytes: '901x20', outrigger_memory_limit_bytes: '1000x20' },
    misses: { process_resident_memory_bytes: '899x20', outrigger_memory_limit_bytes: '1000x20' },
    at: 10,
  },
  // Either kind.
  OutriggerSeriesDropped: {
    fires: { [overflow.replace('counter', 'histogram')]: '0x5 7x10' },
    misses: { [overflow]: '7x15' },
    at: 10,
  },
};

function certificates(end: number, held: number): Record<string, string> {
  return {
    outrigger_workload_certificate_first_expiry_timestamp_seconds: `${end}x20`,
    outrigger_workload_certificates: `${held}x20`,
  };
}

describe.skipIf(programs === undefined)('alerts', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-alerts-'));
    cpSync(join(addons, 'alerts.yaml'), join(folder, 'alerts.yaml'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(programs ?? '', 'promtool'), args, {
      cwd: folder,
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  };

  test('every alert has its story', () => {
    const { groups } = parse(readFileSync(join(addons, 'alerts.yaml'), 'utf8')) as {
      groups: { rules: { alert: string }[] }[];
    };
    expect(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert)).sort()).toEqual(Object.keys(stories).sort());
  });

  test.each(Object.entries(stories))('%s fires when it should, and not when it nearly should', (name, story) => {
    for (const [series, count] of [[story.fires, 1] as const, [story.misses, 0] as const]) {
      const input = Object.entries(series).map(([key, values]) => ({ series: key, values }));
      // By ALERTS, so that labels and texts need not be said again.
      const expr = `count(ALERTS{alertname="${name}",alertstate="firing"})`;
      const samples = count === 0 ? [] : [{ labels: '{}', value: count }];
      const asked = { expr, eval_time: `${story.at}m`, exp_samples: samples };
      const file = {
        rule_files: ['alerts.yaml'],
        tests: [{ interval: '1m', input_series: input, promql_expr_test: [asked] }],
      };
      writeFileSync(join(folder, 'test.yaml'), JSON.stringify(file));
      const { status, output } = promtool('test', 'rules', 'test.yaml');
      expect(status, output).toBe(0);
    }
  });

  test('the configuration is one that Prometheus reads', () => {
    const config = parse(readFileSync(join(addons, 'prometheus-config.yaml'), 'utf8'));
    // Debian's lacks the discovery of Kubernetes: files stand for it.
    for (const job of config.scrape_configs) {
      delete job.kubernetes_sd_configs;
      job.file_sd_configs = [{ files: ['pods.json'] }];
    }
    config.rule_files = ['alerts.yaml'];
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
    writeFileSync(join(folder, 'pods.json'), '[]');
    const { status, output } = promtool('check', 'config', 'config.yaml');
    expect(status, output).toBe(0);
  });
});
