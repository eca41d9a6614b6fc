import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addonCases } from './cases/addons.ts';
import { analysisCases } from './cases/analysis.ts';
import { commandCases } from './cases/commands.ts';
import { crdCases } from './cases/crds.ts';
import { dialectCases } from './cases/dialects.ts';
import { discoveryCases } from './cases/discovery.ts';
import { eventCases } from './cases/events.ts';
import { injectionCases } from './cases/injection.ts';
import { installCases } from './cases/install.ts';
import { installStepCases } from './cases/install-steps.ts';
import { installStrangerCases } from './cases/install-strangers.ts';
import { manifestCases } from './cases/manifests.ts';
import { matchingCases } from './cases/matching.ts';
import { operateCases } from './cases/operate.ts';
import { registryCases } from './cases/registry.ts';
import { replicaCases } from './cases/replicas.ts';
import { sourceCases } from './cases/source.ts';
import { validationCases } from './cases/validation.ts';
import { type Cluster, startCluster, whyNoCluster } from './harness.ts';

const absent = whyNoCluster();
const required = (process.env.OUTRIGGER_REQUIRE ?? '').split(',').includes('cluster');

if (absent !== undefined && !required) console.warn(`test/cluster skipped: ${absent}`);

describe.skipIf(absent !== undefined && !required)('on a real Kubernetes API server', () => {
  let cluster: Cluster | undefined;
  const running = (): Cluster => {
    if (cluster === undefined) throw new Error('the cluster did not start');
    return cluster;
  };
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => cluster?.stop());

  test('the control plane is up', async () => {
    const version = await running().kubectl(['version', '-o', 'json']);
    expect(JSON.parse(version.stdout)).toMatchObject({ serverVersion: { major: '1' } });
  });

  matchingCases(running);
  sourceCases(running);
  eventCases(running);
  injectionCases(running);
  manifestCases(running);
  addonCases(running);
  installStepCases(running);
  installStrangerCases(running);
  installCases(running);
  replicaCases(running);
  dialectCases(running);
  commandCases(running);
  operateCases(running);
  registryCases(running);
  discoveryCases(running);
  crdCases(running);
  validationCases(running);
  analysisCases(running);
});
