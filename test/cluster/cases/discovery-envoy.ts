import { expect, test } from 'vitest';
import { locateCachedEnvoy } from '../../../src/playground/locate-envoy.ts';
import { until } from '../../envoy/condition.ts';
import { argumentsFor, ask, bootstrapInput, freePorts, startEnvoy, writePodFiles } from '../../envoy/running-envoy.ts';
import type { ApiObject } from '../api.ts';
import type { Cluster } from '../harness.ts';

export interface EnvoyWorld {
  readonly cluster: () => Cluster;
  readonly space: string;
  readonly port: () => number;
  readonly makePod: (name: string, ip: string) => Promise<ApiObject>;
  readonly tokenFor: (pod: ApiObject) => Promise<string>;
  readonly rootsIn: (namespace: string) => Promise<string | undefined>;
  /** Name of a cluster that has come by kubectl. */
  readonly cluster8080: string;
}

/** The real Envoy with the bootstrap of an injected pod, its token from the API server, its root from the ConfigMap. */
export function envoyCases(world: EnvoyWorld): void {
  const envoy = locateCachedEnvoy(process.env);
  test.skipIf(envoy === undefined)('the real Envoy proves itself and gets its configuration', async () => {
    const { space, makePod, tokenFor, rootsIn, cluster8080, port } = world;
    const pod = await makePod('app-1', '127.0.0.2');
    const rootCertificate = (await rootsIn(space)) ?? '';
    const root = writePodFiles({ token: await tokenFor(pod), rootCertificate });
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const ports = { statusPort, adminPort, readyPort, metricsPort };
    const input = bootstrapInput({ ...ports, discovery: { host: 'localhost', port: port() } });
    const args = argumentsFor(input, root).map((arg) => arg.replaceAll('app-1.shop~shop', `app-1.${space}~${space}`));
    const running = startEnvoy(envoy ?? '', args, root);
    try {
      const admin = async (path: string) => (await ask(adminPort, path, { host: '127.0.0.1' })).body;
      await until('the cluster', async () => (await admin('/clusters')).includes(cluster8080) || undefined, 20);
      await until('its certificate', async () => (await admin('/certs')).includes('spiffe://') || undefined, 20);
      expect(await admin('/certs')).toContain(`spiffe://cluster.local/ns/${space}/sa/default`);
      expect(await admin('/clusters')).toMatch(/10\.9\.9\.[12]:8080/);
    } finally {
      await running.stop();
    }
  });
}
