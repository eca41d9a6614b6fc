import type { Config } from '../app/config.ts';
import type { Configured } from '../app/istio-overlay.ts';
import { MeshConfigFollower } from '../app/mesh-config/mesh-config-follower.ts';
import { FilesSource } from '../source/files/files-source.ts';
import type { ObjectSource } from '../source/object-source.ts';

export interface MeshConfigNote {
  readonly code: string;
  /** `ConfigMap istio-system/istio` */
  readonly at: string;
}

/** As the control plane would have it with the ConfigMap `istio` of the source. */
export async function withMeshConfig(
  { config, reconfigure }: Configured,
  objects: ObjectSource,
  tell: (about: MeshConfigNote, message: string) => void,
): Promise<Config> {
  let used = config;
  const follower = new MeshConfigFollower({
    ...{ objects, namespaces: config.mesh.rootNamespaces, config, reconfigure },
    use: (next) => {
      used = next;
    },
    logger: { error: tell, warn: tell, info: () => {} },
  });
  await follower.start();
  await follower.stop();
  return used;
}

/** The folder at this moment. What cannot be read of it is told, and the rest is there. */
export async function readFolder(folder: string, say: (line: string) => void): Promise<FilesSource> {
  const files = new FilesSource({
    folder,
    pollMs: 2 ** 30,
    gatherMs: 0,
    watchFolder: () => () => {},
    after: () => () => {},
    onReload: ({ problems, notices }) => {
      for (const problem of [...problems, ...notices]) say(problem.message);
    },
  });
  await files.start(new AbortController().signal);
  return files;
}
