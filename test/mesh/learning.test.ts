import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sidecarResource } from '../../src/learning/sidecar-resource.ts';
import { until } from '../envoy/condition.ts';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { updatesOf } from './updates.ts';
import { app, namespace } from './world.ts';

/** What one pod of a workload has asked for, the next one has before it asks. */
const envoy = findRequirements();

const workload = (replicas: number): string => app('client', { replicas });
const servers = ['known-a', 'known-b', 'unused'];

const deliveries = {
  'pushed hosts': { sets: [], hosts: 0 },
  'hosts on demand': { sets: ['mesh.pushedHosts=0'], hosts: 2 },
};

describe.skipIf(envoy === undefined).each(Object.entries(deliveries))('%s', (_, { sets, hosts }) => {
  let mesh: TestMesh;
  beforeAll(async () => {
    const world = [namespace('default', 'meshed'), ...servers.map((name) => app(name))].join('');
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: { 'world.yaml': world, 'client.yaml': workload(1) },
      sets,
    });
  });
  afterAll(() => mesh?.stop());

  const pods = () => [...mesh.snapshot().workloads.values()].filter(({ workloadName }) => workloadName === 'client-v1');
  const get = async (id: string, host: string) => {
    const { samples } = await mesh.load(id, { url: `http://${host}:9080/` });
    return samples[0]?.status;
  };

  async function names(id: string): Promise<string> {
    return Object.keys(await updatesOf(mesh, id)).join(' ');
  }

  /** Virtual hosts that came by themselves. */
  async function hostsOf(id: string): Promise<string[]> {
    const dump = await mesh.admin(id, '/config_dump?include_eds');
    return servers.filter((name) => dump.includes(`"name": "9080/${name}.default.svc.cluster.local:9080"`));
  }

  async function second(): Promise<string> {
    const [first] = pods();
    await mesh.apply('client.yaml', workload(2));
    const id = await until('there is a second pod', () => pods().find((pod) => pod.id !== first?.id)?.id, 60);
    await mesh.playground.ready(60);
    await mesh.settled();
    return id;
  }

  test('the second pod has what the first one used, and nothing else', async () => {
    const [first] = pods();
    const id = first?.id ?? '';
    expect(await names(id)).not.toContain('outbound|9080||');
    for (const host of ['known-a', 'known-b']) expect(await get(id, host)).toBe(200);
    const next = await second();
    const given = await names(next);
    for (const host of ['known-a', 'known-b']) expect(given).toContain(`outbound|9080||${host}.default`);
    expect(given).not.toContain('outbound|9080||unused');
    expect(await hostsOf(next)).toEqual(hosts === 0 ? servers : ['known-a', 'known-b']);
    const before = await updatesOf(mesh, next);
    for (const host of ['known-a', 'known-b']) expect(await get(next, host)).toBe(200);
    expect(await updatesOf(mesh, next)).toEqual(before);
    expect(await get(next, 'unused')).toBe(200);
    expect(await names(next)).toContain('outbound|9080||unused');
    expect(mesh.rejections).toEqual([]);
  });

  test('as a Sidecar resource it holds for the pods: what they use goes on, and comes in advance', async () => {
    const scope = mesh.control().composition.mesh?.learner?.scopes.get('default/client-v1');
    const resource = scope && sidecarResource('default/client-v1', scope);
    expect(resource?.spec).toEqual({
      workloadSelector: { labels: { app: 'client', version: 'v1' } },
      egress: [{ hosts: servers.map((name) => `./${name}.default.svc.cluster.local`) }],
    });
    await mesh.apply('sidecar.yaml', stringify(resource));
    for (const { id } of pods()) {
      for (const host of servers) {
        expect(await get(id, host)).toBe(200);
        expect(await names(id)).toContain(`outbound|9080||${host}.default`);
      }
    }
    expect(mesh.rejections).toEqual([]);
  });
});
