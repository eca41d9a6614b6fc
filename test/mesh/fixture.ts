import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InProcess, startInProcess } from '../../src/app/in-process.ts';
import type { EjectionAnswer } from '../../src/model/ejection-answer.ts';
import type { LivePod } from '../../src/playground/cluster/live-pod.ts';
import type { StartControlPlane } from '../../src/playground/control-plane.ts';
import type { Load, LoadResult } from '../../src/playground/sample-app/load.ts';
import { type Playground, startPlayground } from '../../src/playground/start-playground.ts';
import type { Snapshot } from '../../src/registry/snapshot.ts';
import { loggerTo } from '../../src/telemetry/logger.ts';
import { until } from '../envoy/condition.ts';
import { script } from '../netns/init-container.ts';
import { filesOf } from '../netns/playground-fixture.ts';

export interface MeshOptions {
  readonly envoy: string;
  /** Manifests by file name. */
  readonly manifests: Readonly<Record<string, string>>;
  /** `a.b.c=value` */
  readonly sets?: readonly string[];
  /** Worker threads of each proxy; 2 without it. */
  readonly concurrency?: number;
  readonly forwards?: Readonly<Record<number, number>>;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** Folders by CSI driver. */
  readonly csi?: Readonly<Record<string, string>>;
  /** In place of the control plane in this process: then `control`, `snapshot` and `settled` know nothing. */
  readonly startControlPlane?: StartControlPlane;
}

/** A whole mesh: real pods, real proxies, the real control plane in this process. */
export interface TestMesh {
  readonly playground: Playground;
  readonly control: () => InProcess;
  readonly snapshot: () => Snapshot;
  pod(id: string): LivePod;
  /** Requests from the first container of a pod (`default/client`). */
  load(id: string, load: Load): Promise<LoadResult>;
  /** A shell command in the first container of a pod. */
  shell(id: string, command: string): Promise<string>;
  /** The answer of the proxy's admin port. */
  admin(id: string, path: string): Promise<string>;
  /** What the proxy of a pod or a machine (`default/client-v1-…`) says when it is asked which endpoints it does without. */
  endpointsLeft(workload: string): Promise<EjectionAnswer>;
  /** Writes a manifest and waits until every proxy has what follows from it. */
  apply(name: string, yaml: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** The check while the manifest is there, which no proxy may reject. */
  during(name: string, yaml: string, check: () => Promise<void>): Promise<void>;
  /** Waits until every proxy has acknowledged all that it should have. */
  settled(): Promise<void>;
  /** What any proxy has rejected so far. */
  readonly rejections: string[];
  readonly problems: string[];
  stop(): Promise<void>;
}

export async function startMesh(options: MeshOptions): Promise<TestMesh> {
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-mesh-'));
  for (const [name, text] of Object.entries(options.manifests)) writeFileSync(join(folder, name), text);
  const problems: string[] = [];
  const rejections: string[] = [];
  const logger = loggerTo({ write: (line) => note(line, rejections) }, 'error');
  let control: InProcess | undefined;
  const files = filesOf(folder);
  const playground = await startPlayground({
    files,
    startControlPlane:
      options.startControlPlane ??
      (async ({ source, tokens, host, nameserver, stateFolder, concurrency, localLog }) => {
        const resolvers = `injection.nameservers=["${nameserver}"]`;
        const sets = [
          resolvers,
          `injection.mesh.defaultConfig={"concurrency":${concurrency}}`,
          ...(options.sets ?? []),
        ];
        control = await startInProcess({ source, authenticator: tokens, host, stateFolder, localLog, logger, sets });
        return control;
      }),
    envoy: options.envoy,
    proxyScript: script,
    concurrency: options.concurrency ?? 2,
    startsAtOnce: 4,
    ...(options.forwards === undefined ? {} : { forwards: options.forwards }),
    ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
    ...(options.csi === undefined ? {} : { csi: options.csi }),
    onProblem: (error) => problems.push(error.message),
  });
  const running = (): InProcess => control ?? fail('the control plane has not started');
  const mesh: TestMesh = {
    playground,
    control: running,
    snapshot: () => running().composition.mesh?.registry.snapshot ?? fail('there is no mesh'),
    rejections,
    problems,
    pod: (id) => {
      const [namespace = '', name = ''] = id.split('/');
      return playground.pod(namespace, name) ?? fail(`there is no pod ${id}`);
    },
    load: async (id, load) => {
      const output = await execute(mesh, id, ['node', '/app/load.js', JSON.stringify(load)]);
      return JSON.parse(output) as LoadResult;
    },
    shell: (id, command) => execute(mesh, id, ['sh', '-c', command]),
    admin: (id, path) => execute(mesh, id, ['curl', '-s', '--max-time', '5', `http://127.0.0.1:15000${path}`]),
    endpointsLeft: async (workload) => {
      const answers: EjectionAnswer[] = [];
      const { looking } = running().composition.mesh ?? fail('there is no mesh');
      const end = looking.questions.open(workload, (answer) => answers.push(answer));
      try {
        return await until(`${workload} answers`, () => answers[0], 20);
      } finally {
        end();
      }
    },
    apply: async (name, yaml) => {
      writeFileSync(join(folder, name), yaml);
      await files.fetchNamespace('default');
      await mesh.settled();
    },
    remove: async (name) => {
      rmSync(join(folder, name), { force: true });
      await files.fetchNamespace('default');
      await mesh.settled();
    },
    during: async (name, yaml, check) => {
      await mesh.apply(name, yaml);
      try {
        await check();
        if (rejections.length > 0) throw new Error(rejections.join('\n'));
      } finally {
        await mesh.remove(name);
      }
    },
    settled: async () => {
      if (options.startControlPlane === undefined) await settled(running());
    },
    stop: async () => {
      await playground.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await playground.ready(90);
    await mesh.settled();
  } catch (error) {
    await mesh.stop();
    throw error;
  }
  return mesh;
}

/** Of a pod of an app, `default/client-v1-x`. */
export function idOf(mesh: Pick<TestMesh, 'snapshot'>, name: string): string {
  const found = [...mesh.snapshot().workloads.values()].find(({ labels }) => labels['app'] === name);
  return found?.id ?? fail(`there is no pod of ${name}`);
}

/** A line of the control plane's log. */
function note(line: string, rejections: string[]): void {
  const { code, msg } = JSON.parse(line) as { code?: string; msg: string };
  if (code === 'OR2010') rejections.push(msg);
  process.stderr.write(line);
}

function fail(what: string): never {
  throw new Error(what);
}

async function settled(control: InProcess): Promise<void> {
  await until(
    'every proxy has acknowledged its configuration',
    () => control.composition.mesh?.ledger.status().every((proxy) => proxy.settled) || undefined,
    20,
  );
}

async function execute(mesh: TestMesh, id: string, command: readonly string[]): Promise<string> {
  const pod = mesh.pod(id);
  const container = pod.desired.template;
  const spec = (container as { spec?: { containers?: { name: string }[] } }).spec;
  const name = spec?.containers?.[0]?.name ?? '';
  const { code, output } = await mesh.playground.exec(pod, name, command);
  if (code !== 0) throw new Error(`${command.join(' ')} in ${id} ended with ${code}: ${output}`);
  return output;
}
