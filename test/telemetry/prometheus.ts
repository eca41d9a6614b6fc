import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRequired } from '../envoy/binary.ts';
import { until } from '../envoy/condition.ts';
import { freePorts } from '../envoy/running-envoy.ts';

/** The folder of prometheus and promtool; undefined, with one line on why, when the suite may be skipped. */
export function findPrometheus(): string | undefined {
  const cache = process.env['OUTRIGGER_CACHE'] ?? join(homedir(), '.cache/outrigger');
  const folder = join(cache, 'prometheus');
  if (existsSync(join(folder, 'prometheus')) && existsSync(join(folder, 'promtool'))) return folder;
  const install = join(import.meta.dirname, 'install.sh');
  if (isRequired('telemetry')) return execFileSync(install, { encoding: 'utf8' }).trim();
  console.info('telemetry suite skipped: there is no Prometheus; test/telemetry/install.sh brings it');
  return undefined;
}

export interface Target {
  readonly job: string;
  /** `address:port` */
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly https?: boolean;
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that scrapes once a second. */
export interface RunningPrometheus {
  readonly url: string;
  /** At a moment, seconds since 1970; now without it. Throws what Prometheus says of a query that it cannot read. */
  query(expression: string, at?: number): Promise<readonly Series[]>;
  stop(): Promise<void>;
}

export async function startPrometheus(folder: string, targets: readonly Target[]): Promise<RunningPrometheus> {
  const work = mkdtempSync(join(tmpdir(), 'outrigger-prometheus-'));
  const [port = 0] = await freePorts(1);
  writeFileSync(join(work, 'prometheus.json'), JSON.stringify(configuration(targets)));
  const flags = [
    `--config.file=${join(work, 'prometheus.json')}`,
    `--storage.tsdb.path=${join(work, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = spawn(join(folder, 'prometheus'), flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  const base = `http://127.0.0.1:${port}`;
  const ready = async () => ((await fetch(`${base}/-/ready`).catch(() => undefined))?.ok === true ? true : undefined);
  await until('Prometheus is ready', ready, 20);
  return {
    url: base,
    query: async (expression, at) => {
      const body = new URLSearchParams({ query: expression, ...(at === undefined ? {} : { time: String(at) }) });
      const response = await fetch(`${base}/api/v1/query`, { method: 'POST', body });
      const answer = (await response.json()) as Answer;
      if (answer.status !== 'success') throw new Error(`${answer.error}: ${expression}`);
      const { resultType, result } = answer.data;
      if (resultType === 'scalar') return [{ labels: {}, value: Number((result as [number, string])[1]) }];
      const list = result as readonly { metric: Record<string, string>; value: [number, string] }[];
      return list.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    stop: async () => {
      await ended(child);
      rmSync(work, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly resultType: string; readonly result: unknown };
}

function configuration(targets: readonly Target[]) {
  const jobs = Object.entries(Object.groupBy(targets, ({ job }) => job));
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: jobs.map(([job, list = []]) => ({
      job_name: job,
      metrics_path: list[0]?.path,
      scheme: list[0]?.https === true ? 'https' : 'http',
      tls_config: { insecure_skip_verify: true },
      static_configs: list.map(({ address, labels }) => ({ targets: [address], labels })),
    })),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}
