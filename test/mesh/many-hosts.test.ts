import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findRequirements } from '../netns/requirements.ts';
import { startMesh, type TestMesh } from './fixture.ts';
import { app, namespace } from './world.ts';

/** A crawler calls thousands of hosts that nobody declared, or that a wildcard stands for. */
const envoy = findRequirements();
const many = 6_000;

const wildcard = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: wild, namespace: default}
spec: {hosts: ["*.wild.example"], location: MESH_EXTERNAL, resolution: NONE, ports: [{number: 9080, name: http, protocol: HTTP}]}
---`;

/** Requests to `<n>.<suffix>` at one address, eight at a time; prints how many had which status. */
const crawl = (address: string, suffix: string, count: number): string => `node -e '
const { Agent, get } = require("node:http");
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const found = {};
let next = 0, slowest = 0;
const one = () => new Promise((done) => {
  const begun = performance.now();
  const end = (what) => { found[what] = (found[what] ?? 0) + 1; slowest = Math.max(slowest, performance.now() - begun); done(); };
  get({ agent, host: "${address}", port: 9080, headers: { host: (next++) + ".${suffix}" } }, (answer) => {
    answer.resume(); answer.on("end", () => end(answer.statusCode));
  }).on("error", (error) => end(error.code));
});
const worker = async () => { while (next < ${count}) await one(); };
Promise.all(Array.from({ length: 8 }, worker)).then(() => console.log(JSON.stringify({ found, slowest: Math.round(slowest) })));'`;

describe.skipIf(envoy === undefined)('hosts on demand', () => {
  let mesh: TestMesh;
  let outside: Server;
  beforeAll(async () => {
    mesh = await startMesh({
      envoy: envoy ?? '',
      manifests: {
        'world.yaml': [
          namespace('default', 'meshed'),
          app('client'),
          app('crawler'),
          app('server'),
          app('later'),
          wildcard,
        ].join(''),
      },
      sets: ['mesh.pushedHosts=0'],
    });
    outside = createServer((_, response) => response.end('outside'));
    await new Promise<void>((resolve) => outside.listen(9080, mesh.playground.nodeIp, resolve));
  });
  afterAll(async () => {
    outside?.close();
    await mesh?.stop();
  });

  const get = async (client: string, host: string) => {
    const { samples } = await mesh.load(`default/${client}`, { url: `http://${host}:9080/` });
    return samples[0]?.status;
  };

  test.each([
    ['unknown.example', 'client'],
    ['wild.example', 'crawler'],
  ])(
    `${many} names below %s: every request is answered, and so are those that follow`,
    async (suffix, client) => {
      expect(await get(client, 'server')).toBe(200);
      const output = await mesh.shell(`default/${client}`, crawl(mesh.playground.nodeIp, suffix, many));
      console.info(`${many} names below ${suffix}: ${output.trim()}`);
      expect(JSON.parse(output)).toMatchObject({ found: { 200: many } });
      await mesh.settled();
      expect(await get(client, 'server')).toBe(200);
      expect(await get(client, 'later')).toBe(200);
      const { samples } = await mesh.load(`default/${client}`, { url: 'http://server:9080/headers' });
      expect(samples[0]?.body).toContain('spiffe://');
      expect(mesh.rejections).toEqual([]);
    },
    120_000,
  );
});
