import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startInProcess } from '../../src/app/in-process.ts';
import { packageFolder } from '../../src/app/places.ts';
import { type Playground, startPlayground } from '../../src/playground/start-playground.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { until } from '../envoy/condition.ts';
import { script } from './init-container.ts';
import { filesOf } from './playground-fixture.ts';
import { findRequirements } from './requirements.ts';

/** The sample that `npm run playground` runs, with the whole control plane: what a user sees first. */
const envoy = findRequirements();

describe.skipIf(envoy === undefined)('Bookinfo in the playground', () => {
  let folder: string;
  let playground: Playground;
  const { logger } = createLogger({ level: 'error', bufferBytes: 0 }, 2);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'));
    cpSync(join(packageFolder, 'manifests/samples/bookinfo'), folder, { recursive: true });
    playground = await startPlayground({
      files: filesOf(folder),
      startControlPlane: ({ source, tokens, host, stateFolder, concurrency }) =>
        startInProcess({
          source,
          authenticator: tokens,
          host,
          stateFolder,
          sets: [`injection.mesh.defaultConfig={"concurrency":${concurrency}}`],
          logger,
        }),
      envoy,
      proxyScript: script,
      onProblem: (error) => logger.error(error.message),
    });
    await playground.ready(90);
  });
  afterAll(async () => {
    await playground?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the app of the product page gets when it calls, as that of a user. */
  async function call(url: string, user = 'nobody') {
    const page = playground.pod('default', 'productpage-v1');
    if (page === undefined) throw new Error('there is no product page');
    const asked = `http://127.0.0.1:9080/call?url=${encodeURIComponent(url)}`;
    const command = ['curl', '-s', '--max-time', '10', '-H', `end-user: ${user}`, asked];
    return JSON.parse((await playground.exec(page, 'productpage', command)).output).call;
  }
  async function versions(count: number): Promise<Record<string, number>> {
    const answers = await Promise.all(Array.from({ length: count }, () => call('http://reviews:9080/reviews/0')));
    const seen: Record<string, number> = {};
    for (const { body } of answers) seen[body.version] = (seen[body.version] ?? 0) + 1;
    return seen;
  }

  test('pods speak mutual TLS and know who calls', async () => {
    const { status, body } = await call('http://reviews:9080/headers');
    expect(status).toBe(200);
    const certificate = String(body.headers['x-forwarded-client-cert']);
    expect(certificate).toContain('URI=spiffe://cluster.local/ns/default/sa/bookinfo-productpage');
    expect(certificate).toContain('By=spiffe://cluster.local/ns/default/sa/bookinfo-reviews');
  });

  test('routes of the sample: half to v1, half to v3, and v2 for jason', async () => {
    const seen = await versions(60);
    expect(Object.keys(seen).sort()).toEqual(['v1', 'v3']);
    expect(seen['v1']).toBeGreaterThan(10);
    const { body } = await call('http://reviews:9080/reviews/0', 'jason');
    expect(body).toMatchObject({ version: 'v2', color: 'black', ratings: { app: 'ratings' } });
  });

  test('an edited file changes traffic', async () => {
    const path = join(folder, 'routes.yaml');
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace('subset: v1}, weight: 50', 'subset: v1}, weight: 0').replace('v3}, weight: 50', 'v3}, weight: 100'),
    );
    const begun = Date.now();
    // Threads of a proxy take a change each in its turn: on a busy machine one may be behind for a moment.
    await until('v3 alone', async () => ((await versions(20))['v3'] === 20 ? true : undefined), 5);
    console.info(`an edited file changed traffic within ${Date.now() - begun} ms`);
    expect(await versions(20)).toEqual({ v3: 20 });
  });
});
