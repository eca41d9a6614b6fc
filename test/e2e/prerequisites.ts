import { locateCachedEnvoy } from '../../src/playground/locate-envoy.ts';
import { whyNoCluster } from '../cluster/harness.ts';
import { whyNoNode } from './node/start-node.ts';

const envoy = locateCachedEnvoy(process.env);
const absent =
  whyNoCluster() ??
  whyNoNode() ??
  (envoy === undefined ? 'Envoy is absent: run `sh test/envoy/install.sh`' : undefined);
const required = (process.env['OUTRIGGER_REQUIRE'] ?? '').split(',').includes('e2e');
if (absent !== undefined && !required) console.warn(`test/e2e skipped: ${absent}`);

/** Where a cluster with a node cannot be started, and nobody demands it. */
export const isSkipped = absent !== undefined && !required;

/** Throws what is missing. */
export function envoyOrThrow(): NonNullable<typeof envoy> {
  if (absent !== undefined || envoy === undefined) throw new Error(absent);
  return envoy;
}
