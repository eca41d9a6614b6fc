import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { module, settingsOf } from './config.ts';
import type { Started } from './mesh/control-plane.ts';
import { endpointSlice, meshObjects, namespaces, serviceObject } from './mesh/objects.ts';
import type { Translated } from './mesh/translate-once.ts';
import { now, startWorker } from './mesh/worker.ts';
import { firstLine } from './processes.ts';
import type { Row } from './table.ts';

const services = 1000;
const many = 5000;
const starts = 3;

/** One proxy in a fresh process, and the start of the whole program. */
export async function benchTranslate(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const delivery of ['pushed-hosts', 'on-demand', 'eager'] as const) {
    const runs: Translated[] = [];
    for (let run = 0; run < starts; run++) runs.push(await translated(delivery));
    const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
    const ms = (values: readonly number[]) => `${middle(values).toFixed(1)} ms`;
    const bytes = ((runs[0]?.bytes ?? 0) / 1000).toFixed(0);
    if (delivery === 'pushed-hosts') {
      rows.push(
        {
          what: `JSON.parse + JSON.stringify of the objects of ${services} services`,
          measured: ms(runs.map(({ jsonMs }) => jsonMs)),
          floor: '',
        },
        {
          what: 'these objects to the first snapshot',
          measured: ms(runs.map(({ registryMs }) => registryMs)),
          floor: '',
        },
        {
          what: 'a changed VirtualService to its snapshot',
          measured: ms(runs.flatMap((run) => run.applyMs)),
          floor: '',
        },
      );
    }
    const warm = runs.flatMap((run) => run.warmMs);
    rows.push(
      {
        what: `${delivery}: one proxy cold (${bytes} kB)`,
        measured: ms(runs.map(({ coldMs }) => coldMs)),
        floor: '<= 50 ms',
      },
      { what: `${delivery}: after a changed VirtualService`, measured: ms(warm), floor: '<= 2 ms' },
    );
  }
  return [...rows, ...(await coldStarts())];
}

async function translated(delivery: 'pushed-hosts' | 'on-demand' | 'eager'): Promise<Translated> {
  const worker = startWorker(0, module('translate-once.ts'));
  try {
    return await worker.ask<Translated>('translate', { services, settings: settingsOf[delivery] });
  } finally {
    worker.stop();
  }
}

async function coldStarts(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-bench-'));
  try {
    const manifests = join(folder, 'manifests');
    mkdirSync(manifests);
    const lists = Array.from({ length: namespaces }, (): object[] => []);
    for (let index = 0; index < many; index++) {
      lists[index % namespaces]?.push(serviceObject(index).object, endpointSlice(index, 'two').object);
    }
    lists.forEach((list, index) => {
      writeFileSync(
        join(manifests, `ns${index}.yaml`),
        list.map((object) => `---\n${JSON.stringify(object)}\n`).join(''),
      );
    });
    const begun = now();
    for (const name of readdirSync(manifests)) {
      for (const document of parseAllDocuments(readFileSync(join(manifests, name), 'utf8'))) {
        if ('toJS' in document) document.toJS();
      }
    }
    const parsedMs = now() - begun;
    const served = await servedAfter(manifests, folder);
    const memory = await memoryStart();
    return [
      {
        what: `${many} Services and EndpointSlices read by the library \`yaml\` alone`,
        measured: `${(parsedMs / 1000).toFixed(2)} s`,
        floor: '',
      },
      {
        what: `serve --config of these files: start to ready`,
        measured: `${(served / 1000).toFixed(2)} s`,
        floor: '<= 3 s',
      },
      {
        what: `${meshObjects(many).length} objects of ${many} services from memory: start of the process to an open port`,
        measured: `${(memory / 1000).toFixed(2)} s`,
        floor: '<= 3 s',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function servedAfter(manifests: string, folder: string): Promise<number> {
  const main = join(import.meta.dirname, '../src/main.ts');
  const sets = ['discovery.enabled=on', 'discovery.host=127.0.0.1', 'discovery.port=0', 'server.host=127.0.0.1'];
  const flags = ['--port', '0', '--config', manifests, '--state-dir', join(folder, 'state'), '--log-level', 'error'];
  const begun = now();
  const child: ChildProcess = spawn(
    process.execPath,
    [main, 'serve', '--print-json', ...flags, ...sets.flatMap((set) => ['--set', set])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await firstLine(child);
    return now() - begun;
  } finally {
    child.kill('SIGTERM');
  }
}

/** As the Kubernetes API gives them: objects, no text. */
async function memoryStart(): Promise<number> {
  const begun = now();
  const worker = startWorker(0, module('control-plane.ts'));
  try {
    await worker.ask<Started>('start', { services: many, proxies: 0, settings: {} });
    return now() - begun;
  } finally {
    worker.stop();
  }
}
