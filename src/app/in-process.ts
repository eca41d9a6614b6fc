import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RootFileStore } from '../identity/root-file-store.ts';
import { MeshRootFile } from '../identity/workload/mesh-root-file.ts';
import { learntScopesFolder, ScopeFolder } from '../learning/scope-folder.ts';
import { LocalEntries } from '../machines/local-entries.ts';
import type { LocalLog } from '../model/log-tail.ts';
import type { ObjectSource } from '../source/object-source.ts';
import type { Source } from '../source/source.ts';
import type { Logger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';
import type { PeerAuthenticator } from '../wire/session.ts';
import { startAll } from './component.ts';
import { type Composition, compose } from './compose.ts';
import { readConfig } from './config.ts';

export interface InProcessOptions {
  readonly source: Source & ObjectSource;
  readonly authenticator: PeerAuthenticator;
  /** Where proxies reach the discovery port. */
  readonly host: string;
  readonly discoveryPort?: number;
  /** Of this replica; that of the machine without it. */
  readonly instance?: string;
  readonly stateFolder: string;
  /** Of pods that are on this machine. */
  readonly localLog?: LocalLog;
  /** `a.b.c=value`, as `--set` takes them. */
  readonly sets: readonly string[];
  readonly logger: Logger;
}

export interface InProcess {
  readonly composition: Composition;
  readonly webhookUrl: string;
  /** Of the webhook's certificate. */
  readonly caPem: string;
  readonly discoveryPort: number;
  readonly dashboardUrl: string;
  /** What proxies trust the discovery port by. */
  readonly rootPem: string;
  stop(): Promise<void>;
}

/** The whole control plane in this process, webhook and configuration of proxies, from any source. */
export async function startInProcess(options: InProcessOptions): Promise<InProcess> {
  const { source, authenticator, stateFolder, logger, host, discoveryPort = 15012 } = options;
  const sets = [
    ...['discovery.enabled=on', `discovery.host=${host}`, `discovery.port=${discoveryPort}`],
    ...['dashboard.host=127.0.0.1', 'dashboard.port=0'],
    ...options.sets,
  ];
  const input = { file: undefined, env: {}, flags: { port: '0', host: '127.0.0.1' }, sets };
  const config = readConfig(input);
  const rootPlace = join(stateFolder, 'root.pem');
  const meshRoot = join(stateFolder, 'mesh-root.pem');
  const composition = compose({
    config,
    reconfigure: (values, origin) => readConfig({ ...input, overlay: { origin, values } }),
    logger,
    metrics: new Metrics(),
    stateFolder,
    surroundings: {
      place: 'playground',
      instance: options.instance ?? hostname(),
      facts: source,
      objects: source,
      components: [],
      readiness: { name: 'source', problem: () => undefined },
      rootStore: new RootFileStore(rootPlace),
      rootPlace,
      onOutcome: undefined,
      localLog: options.localLog,
      mesh: {
        objects: source,
        authenticator,
        rootStore: new MeshRootFile(meshRoot),
        rootPlace: meshRoot,
        scopeStore: new ScopeFolder(join(stateFolder, learntScopesFolder)),
        machines: new LocalEntries(),
      },
      summary: () => 'the playground',
    },
  });
  const stop = new AbortController();
  const stopAll = await startAll(composition.components, stop.signal, logger);
  return {
    composition,
    webhookUrl: `https://localhost:${composition.port()}/inject`,
    caPem: await readFile(composition.caFile ?? '', 'utf8'),
    discoveryPort: composition.mesh?.port ?? 0,
    dashboardUrl: `http://127.0.0.1:${composition.dashboardPort()}`,
    get rootPem() {
      return composition.mesh?.rootsPem ?? '';
    },
    stop: async () => {
      stop.abort();
      await stopAll();
    },
  };
}
