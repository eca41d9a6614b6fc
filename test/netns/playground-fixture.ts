import { join } from 'node:path';
import { startAll } from '../../src/app/component.ts';
import { compose } from '../../src/app/compose.ts';
import { readConfig } from '../../src/app/config.ts';
import { watchFolder } from '../../src/app/watch-folder.ts';
import { RootFileStore } from '../../src/identity/root-file-store.ts';
import { systemClock } from '../../src/identity/serving-certificates.ts';
import { MeshRootFile } from '../../src/identity/workload/mesh-root-file.ts';
import { WorkloadCa } from '../../src/identity/workload/workload-ca.ts';
import type { StartControlPlane } from '../../src/playground/control-plane.ts';
import { FilesSource } from '../../src/source/files/files-source.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { type EmptyControlPlane, startEmptyControlPlane } from '../envoy/empty-control-plane.ts';

/** The files of a folder, not started yet. */
export function filesOf(folder: string): FilesSource {
  return new FilesSource({
    folder,
    pollMs: 2000,
    gatherMs: 50,
    watchFolder,
    after: systemClock.after,
    onReload: () => {},
  });
}

/**
 * The real webhook, and a discovery port that has nothing to send, with a certificate by the CA of the mesh: enough
 * for pods to be injected and their proxies to become ready.
 */
export function startWebhookAlone(seen: { plane?: EmptyControlPlane }): StartControlPlane {
  return async ({ source, host, discoveryName, stateFolder, concurrency }) => {
    const place = join(stateFolder, 'mesh-root.pem');
    const ca = new WorkloadCa({ store: new MeshRootFile(place), place, clock: systemClock });
    await ca.load();
    const { chainPem, keyPem } = await ca.issueServing([discoveryName]);
    const plane = await startEmptyControlPlane({ certificate: chainPem, key: keyPem }, { host, port: 15012 });
    seen.plane = plane;
    const { logger, flush } = createLogger({ level: 'warn', bufferBytes: 0 }, 2);
    const sets = [`injection.mesh.defaultConfig={"concurrency":${concurrency}}`, 'dashboard.enabled=false'];
    const config = readConfig({ file: undefined, env: {}, flags: { port: '0', host: '127.0.0.1' }, sets });
    const rootPlace = join(stateFolder, 'root.pem');
    const composition = compose({
      config,
      logger,
      metrics: new Metrics(),
      stateFolder,
      surroundings: {
        place: 'playground',
        instance: 'playground',
        facts: source,
        components: [],
        readiness: { name: 'source', problem: () => undefined },
        rootStore: new RootFileStore(rootPlace),
        rootPlace,
        onOutcome: undefined,
        summary: () => 'the playground',
      },
    });
    const stop = new AbortController();
    const stopAll = await startAll(composition.components, stop.signal, logger);
    const { readFile } = await import('node:fs/promises');
    return {
      webhookUrl: `https://localhost:${composition.port()}/inject`,
      caPem: await readFile(composition.caFile ?? '', 'utf8'),
      discoveryPort: 15012,
      rootPem: ca.rootsPem,
      stop: async () => {
        stop.abort();
        await stopAll();
        plane.stop();
        flush();
      },
    };
  };
}
