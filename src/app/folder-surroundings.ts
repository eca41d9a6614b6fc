import { hostname } from 'node:os';
import { join } from 'node:path';
import { RootFileStore } from '../identity/root-file-store.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import { LocalTokens } from '../identity/tokens/local-tokens.ts';
import { loadTokenKey } from '../identity/tokens/token-key.ts';
import { MeshRootFile } from '../identity/workload/mesh-root-file.ts';
import { learntScopesFolder, ScopeFolder } from '../learning/scope-folder.ts';
import { LocalEntries } from '../machines/local-entries.ts';
import type { FaultListener } from '../model/fault.ts';
import { FilesSource, type Reload } from '../source/files/files-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { MeshParts } from './mesh/mesh-parts.ts';
import type { Surroundings } from './surroundings.ts';
import { watchFolder } from './watch-folder.ts';

export interface FolderOptions {
  readonly folder: string;
  readonly rootNamespaces: readonly string[];
  readonly stateFolder: string;
  /** Whether proxies are configured, too. */
  readonly discovery: boolean;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly onFault: FaultListener;
}

/** No cluster: namespaces and nodes from files, the root certificate in a file. */
export function folderSurroundings(options: FolderOptions): Surroundings {
  const { folder, rootNamespaces, stateFolder, discovery, logger, metrics, onFault } = options;
  const source = new FilesSource({
    folder,
    rootNamespaces,
    pollMs: 2000,
    gatherMs: 50,
    watchFolder,
    after: systemClock.after,
    onFault,
    onReload: (reload) => {
      metrics.configReload(reload.problems.length, reload.fresh.length > 0);
      logReload(logger, folder, reload);
    },
  });
  const rootPath = join(stateFolder, 'root.pem');
  return {
    place: 'files',
    instance: hostname(),
    facts: source,
    objects: source,
    components: [source],
    readiness: {
      name: 'source',
      problem: () => (source.synced ? undefined : `${folder} is not read yet`),
      notes: () => source.problems().map((problem) => problem.message),
    },
    rootStore: new RootFileStore(rootPath),
    rootPlace: rootPath,
    onOutcome: undefined,
    mesh: discovery ? folderMesh(source, stateFolder, onFault) : undefined,
    summary: () => `the files of ${folder}`,
  };
}

/** No API server is there to prove tokens: whoever has the key of this folder makes them. */
function folderMesh(objects: FilesSource, stateFolder: string, onFault: FaultListener): MeshParts {
  const rootPlace = join(stateFolder, 'mesh-root.pem');
  const tokens = once(async () => {
    const key = await loadTokenKey(join(stateFolder, 'token-key.pem'));
    return new LocalTokens({ key, now: Date.now });
  });
  return {
    objects,
    authenticator: { authenticate: async (token) => (await tokens()).verify(token) },
    rootStore: new MeshRootFile(rootPlace),
    rootPlace,
    scopeStore: new ScopeFolder(join(stateFolder, learntScopesFolder)),
    machines: new LocalEntries(onFault),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function logReload(logger: Logger, folder: string, reload: Reload): void {
  const { files, namespaces, nodes, problems, fresh, freshNotices, ignored } = reload;
  for (const problem of [...fresh, ...freshNotices]) {
    logger.warn({ code: problem.code, at: problem.at, remedy: problem.remedy }, problem.message);
  }
  logger.info({ folder, files, namespaces, nodes, problems: problems.length }, 'configuration folder read');
  if (ignored.size > 0) logger.debug({ kinds: Object.fromEntries(ignored) }, 'objects of kinds that nothing reads yet');
}
