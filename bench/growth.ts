import { setTimeout as sleep } from 'node:timers/promises';
import { module, settingsOf } from './config.ts';
import type { Started, Usage } from './mesh/control-plane.ts';
import type { Connected, Receipts } from './mesh/swarm.ts';
import { startWorker } from './mesh/worker.ts';
import type { Row } from './table.ts';

/** Services and connected proxies of one run. */
interface Point {
  readonly services: number;
  readonly proxies: number;
  /** As `StartOptions`. */
  readonly pods?: number;
}

interface Measured extends Point {
  readonly rssMb: number;
  /** Processor time of the server until all are synced. */
  readonly connectSeconds: number;
  /** Until all are synced, of a clock; not extrapolated. */
  readonly allSeconds?: number;
  /** Of one change of a VirtualService, and of one of endpoints. */
  readonly ruleMs: number;
  readonly endpointMs: number;
}

const points: readonly Point[] = [
  { services: 1000, proxies: 100 },
  { services: 1000, proxies: 500 },
  { services: 1000, proxies: 1000 },
  { services: 3000, proxies: 500 },
  { services: 6000, proxies: 500 },
  { services: 10_000, proxies: 500 },
];
/** What docs/scale.md speaks of: a replica has half of the proxies. */
const target: Point = { services: 10_000, proxies: 2500 };
const changes = 6;

/** 5,000 proxies at two replicas, each of which follows the whole mesh: 10,000 services, 50,000 endpoints. Both at once, with proxies of the same pods. */
export async function benchReplicas(): Promise<Row[]> {
  const mesh = { services: 10_000, proxies: 2_500, pods: 5 };
  const replicas = await Promise.all([measure(mesh), measure(mesh)]);
  return replicas.map((one, index) => ({
    what: `replica ${index + 1} of 2, 50,000 endpoints, ${nameOf(one)}`,
    measured: `${textOf(one)}; all synced after ${one.allSeconds?.toFixed(0)} s`,
    floor: '',
  }));
}

/** How each cost of the control plane grows, hosts on demand, and what follows for a mesh that does not fit here. */
export async function benchGrowth(): Promise<Row[]> {
  const measured: Measured[] = [];
  for (const point of points) measured.push(await measure(point));
  const rows = measured.map((one) => ({ what: nameOf(one), measured: textOf(one), floor: '' }));
  return [...rows, { what: `${nameOf(target)}, extrapolated`, measured: textOf(extrapolated(measured)), floor: '' }];
}

const nameOf = ({ services, proxies }: Point) => `${services} services, ${proxies} proxies`;

function textOf({ rssMb, connectSeconds, ruleMs, endpointMs }: Measured): string {
  const cpu = `${connectSeconds.toFixed(1)} s CPU to connect all`;
  return `RSS ${rssMb.toFixed(0)} MB, ${cpu}, ${ruleMs.toFixed(0)} ms CPU a rule, ${endpointMs.toFixed(0)} ms an endpoint`;
}

async function measure(point: Point): Promise<Measured> {
  const plane = startWorker(0, module('control-plane.ts'));
  const swarm = startWorker(1, module('swarm.ts'));
  try {
    const options = { ...point, settings: settingsOf['on-demand'] };
    const { tokens, ...server } = await plane.ask<Started>('start', options);
    const before = await plane.ask<number>('cpu');
    const connected = await swarm.ask<Connected>('connect', { server, tokens, played: 'on-demand' });
    await sleep(1500);
    const connectSeconds = (await plane.ask<number>('cpu')) - before;
    const { collectedRssMb: rssMb } = await plane.ask<Usage>('usage');
    const cost = async (turn: (index: number) => Promise<unknown>): Promise<number> => {
      const begun = await plane.ask<number>('cpu');
      for (let index = 0; index < changes; index++) await turn(index);
      return (((await plane.ask<number>('cpu')) - begun) / changes) * 1000;
    };
    const received = async (type: string, what: string, argument: unknown): Promise<void> => {
      await swarm.ask('arm');
      await plane.ask(what, argument);
      await swarm.ask<Receipts>('receipts', { type, quietMs: 50 });
    };
    const ruleMs = await cost((index) => received('virtualHost', 'weights', 60 + index));
    const endpointMs = await cost((index) => received('endpoint', 'endpoints', index % 2 === 0 ? 'one' : 'two'));
    return { ...point, rssMb, connectSeconds, allSeconds: connected.seconds, ruleMs, endpointMs };
  } finally {
    plane.stop();
    swarm.stop();
  }
}

/** Each cost as a + b x services + c x proxies, by least squares. */
function extrapolated(measured: readonly Measured[]): Measured {
  const of = (cost: (one: Measured) => number): number => {
    const [a, b, c] = leastSquares(
      measured.map((one) => [1, one.services, one.proxies] as const),
      measured.map(cost),
    );
    return a + b * target.services + c * target.proxies;
  };
  return {
    ...target,
    rssMb: of(({ rssMb }) => rssMb),
    connectSeconds: of(({ connectSeconds }) => connectSeconds),
    ruleMs: of(({ ruleMs }) => ruleMs),
    endpointMs: of(({ endpointMs }) => endpointMs),
  };
}

type Triple = readonly [number, number, number];

/** The normal equations of three unknowns, by Cramer's rule. */
function leastSquares(rows: readonly Triple[], values: readonly number[]): Triple {
  const sum = (i: number, j: number) => rows.reduce((total, row) => total + (row[i] ?? 0) * (row[j] ?? 0), 0);
  const right = [0, 1, 2].map((i) => rows.reduce((total, row, at) => total + (row[i] ?? 0) * (values[at] ?? 0), 0));
  const matrix = [0, 1, 2].map((i) => [0, 1, 2].map((j) => sum(i, j)));
  const whole = determinant(matrix);
  const solve = (column: number) =>
    determinant(matrix.map((row, i) => row.map((value, j) => (j === column ? (right[i] ?? 0) : value)))) / whole;
  return [solve(0), solve(1), solve(2)];
}

function determinant(m: readonly (readonly number[])[]): number {
  const at = (i: number, j: number) => m[i % 3]?.[j % 3] ?? 0;
  const minor = (j: number) => at(1, j + 1) * at(2, j + 2) - at(1, j + 2) * at(2, j + 1);
  return [0, 1, 2].reduce((total, j) => total + at(0, j) * minor(j), 0);
}
