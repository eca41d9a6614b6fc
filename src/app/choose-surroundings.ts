import { faultLog } from '../telemetry/fault-log.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { clusterSurroundings, isInCluster } from './cluster-surroundings.ts';
import type { Config } from './config.ts';
import { folderSurroundings } from './folder-surroundings.ts';
import { defaultStateFolder, sampleConfigFolder } from './places.ts';
import type { Surroundings } from './surroundings.ts';

export interface ChooseOptions {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Whether namespaces and nodes come from a cluster; `auto` says yes in a pod, and where no folder is named. */
export function usesCluster({ config, env }: Pick<ChooseOptions, 'config' | 'env'>): boolean {
  if (config.kubernetes !== 'auto') return config.kubernetes === 'on';
  return config.config === '' && isInCluster(env);
}

/** Undefined in a cluster: nobody logs in there, and the file system may be read-only. */
export function stateFolderOf(options: Pick<ChooseOptions, 'config' | 'env'>): string | undefined {
  if (options.config.stateDir !== '') return options.config.stateDir;
  return usesCluster(options) ? undefined : defaultStateFolder(options.env);
}

/** The code for clusters is loaded only where one is used. */
export async function chooseSurroundings(options: ChooseOptions): Promise<Surroundings> {
  const { config, env, logger, metrics } = options;
  const onFault = faultLog(logger, metrics, () => performance.now());
  if (usesCluster(options)) return clusterSurroundings({ config, env, logger, onFault });
  const folder = config.config === '' ? sampleConfigFolder : config.config;
  const stateFolder = config.stateDir === '' ? defaultStateFolder(env) : config.stateDir;
  const discovery = config.discovery.enabled === 'on';
  const { rootNamespaces } = config.mesh;
  return folderSurroundings({ folder, rootNamespaces, stateFolder, discovery, logger, metrics, onFault });
}
