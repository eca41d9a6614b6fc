import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstLine, startNode } from './processes.ts';
import type { Row } from './table.ts';

interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const here = import.meta.dirname;

/** The real server over TLS on one core, the client on the other; beside it a bare Fastify of the same sizes. */
export async function benchWebhook(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'));
  const server = startNode(0, [
    join(here, '../src/main.ts'),
    'serve',
    '--print-json',
    '--port',
    '0',
    '--state-dir',
    folder,
    '--log-level',
    'info',
  ]);
  const bare = startNode(0, [join(here, 'bare-server.ts'), join(folder, 'bare.crt'), '40000']);
  try {
    const ready = await firstLine(server);
    const reference = await firstLine(bare);
    const load = (to: Record<string, unknown>, connections: number, total: number, path = '/inject') =>
      firstLine(
        startNode(1, [
          join(here, 'load-client.ts'),
          String(to['port']),
          String(to['caFile']),
          String(connections),
          String(total),
          '200',
          path,
        ]),
      ) as Promise<unknown> as Promise<Load>;
    await load(ready, 8, 20_000);
    const many = await load(ready, 8, 60_000);
    const one = await load(ready, 1, 10_000);
    await load(reference, 8, 20_000, '/bare');
    const bareMany = await load(reference, 8, 60_000, '/bare');
    return [
      {
        what: 'bare Fastify over TLS, same sizes, 8 connections',
        measured: `${bareMany.perSecond.toFixed(0)}/s, p99 ${bareMany.p99.toFixed(2)} ms`,
        floor: '',
      },
      {
        what: 'reviews, 8 connections',
        measured: `${many.perSecond.toFixed(0)}/s = ${((100 * many.perSecond) / bareMany.perSecond).toFixed(0)} % of bare`,
        floor: '>= 6,000/s',
      },
      { what: 'p99 at saturation', measured: `${many.p99.toFixed(2)} ms`, floor: '<= 10 ms' },
      { what: 'p50 at one connection', measured: `${one.p50.toFixed(3)} ms`, floor: '<= 0.3 ms' },
      { what: 'start to ready', measured: `${String(ready['readyMs'])} ms`, floor: '<= 1,000 ms' },
    ];
  } finally {
    server.kill('SIGTERM');
    bare.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  }
}
