import { join } from 'node:path';
import { RootFileStore } from '../identity/root-file-store.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import { FilesSource, type Reload } from '../source/files/files-source.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Surroundings } from './surroundings.ts';
import { watchFolder } from './watch-folder.ts';

export interface FolderOptions {
  readonly folder: string;
  readonly stateFolder: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** No cluster: namespaces and nodes from files, the root certificate in a file. */
export function folderSurroundings({ folder, stateFolder, logger, metrics }: FolderOptions): Surroundings {
  const source = new FilesSource({
    folder,
    pollMs: 2000,
    quietMs: 50,
    watchFolder,
    after: systemClock.after,
    onReload: (reload) => {
      metrics.configReload(reload.problems.length, reload.fresh.length > 0);
      logReload(logger, folder, reload);
    },
  });
  const rootPath = join(stateFolder, 'root.pem');
  return {
    facts: source,
    components: [source],
    readiness: {
      name: 'source',
      problem: () => (source.synced ? undefined : `${folder} is not read yet`),
      notes: () => source.problems().map((problem) => problem.message),
    },
    rootStore: new RootFileStore(rootPath),
    rootPlace: rootPath,
    onOutcome: undefined,
    summary: () => `the files of ${folder}`,
  };
}

function logReload(logger: Logger, folder: string, reload: Reload): void {
  const { files, namespaces, nodes, problems, fresh, ignored } = reload;
  for (const problem of fresh) {
    logger.warn({ code: problem.code, at: problem.at, remedy: problem.remedy }, problem.message);
  }
  logger.info({ folder, files, namespaces, nodes, problems: problems.length }, 'configuration folder read');
  if (ignored.size > 0) logger.debug({ kinds: Object.fromEntries(ignored) }, 'objects of kinds that nothing reads yet');
}
