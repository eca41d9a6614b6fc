import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findEnvoy } from './binary.ts';
import { until } from './condition.ts';
import { type EmptyControlPlane, startEmptyControlPlane } from './empty-control-plane.ts';
import {
  argumentsFor,
  ask,
  bootstrapInput,
  freePorts,
  podIp,
  type RunningEnvoy,
  startEnvoy,
  writePodFiles,
} from './running-envoy.ts';
import { selfSigned } from './test-certificates.ts';

/** The start of the proxy: readiness, identity towards the control plane, and what a missing piece does. */
const binary = findEnvoy('envoy');
const host = 'localhost';
const identity = selfSigned(host);

describe.skipIf(binary === undefined)('start', () => {
  const stopping: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stopping.splice(0)) await stop();
  });

  async function start(
    root: string,
    controlPlanePort: number,
  ): Promise<{ status: number; ready: number; envoy: RunningEnvoy; begun: number }> {
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const input = bootstrapInput({
      statusPort,
      adminPort,
      readyPort,
      metricsPort,
      discovery: { host, port: controlPlanePort },
    });
    const begun = Date.now();
    const envoy = startEnvoy(binary ?? '', argumentsFor(input, root), root);
    stopping.push(envoy.stop);
    return { status: statusPort, ready: readyPort, envoy, begun };
  }
  async function controlPlane(port = 0): Promise<EmptyControlPlane> {
    const plane = await startEmptyControlPlane(identity, { host: '127.0.0.1', port });
    stopping.push(plane.stop);
    return plane;
  }
  const answers = async (port: number) => (await ask(port, '/metrics')).status === 200 || undefined;
  const isReady = (port: number) => async () => (await ask(port, '/healthz/ready')).status === 200 || undefined;

  test('ready when clusters and listeners have come; the token and the node id are shown', async () => {
    const plane = await controlPlane();
    const { ready, status, begun } = await start(
      writePodFiles({ token: 'first', rootCertificate: identity.certificate }),
      plane.port,
    );
    await until('ready', isReady(ready), 5);
    console.info(`ready ${Date.now() - begun} ms after exec`);
    expect((await ask(status, '/healthz/ready')).status).toBe(200);
    expect(plane.streams).toEqual([
      { authorization: 'Bearer first', nodeId: `sidecar~${podIp}~app-1.shop~shop.svc.cluster.local` },
    ]);
  });

  test('without a control plane: never ready, yet the status port works; ready once it is there', async () => {
    const [port = 0] = await freePorts(1);
    const { ready, status, envoy } = await start(
      writePodFiles({ token: 'token', rootCertificate: identity.certificate }),
      port,
    );
    await until('the status port answers', () => answers(status), 8);
    const answer = await ask(ready, '/healthz/ready');
    expect(answer.status).toBe(503);
    expect(answer.body).toContain("the control plane's configuration is not complete");
    expect(envoy.process.exitCode).toBeNull();
    await controlPlane(port);
    await until('ready', isReady(ready), 30);
  });

  test('once ready, always ready: the control plane may go', async () => {
    const plane = await controlPlane();
    const { ready } = await start(writePodFiles({ token: 'token', rootCertificate: identity.certificate }), plane.port);
    await until('ready', isReady(ready), 5);
    plane.stop();
    expect((await ask(ready, '/healthz/ready')).status).toBe(200);
  });

  test('a token that comes late is waited for', async () => {
    const plane = await controlPlane();
    const root = writePodFiles({ token: 'token', rootCertificate: identity.certificate });
    const path = join(root, 'tokens', 'istio-token');
    renameSync(path, `${root}/kept`);
    const { ready, status } = await start(root, plane.port);
    await until('the status port answers', () => answers(status), 8);
    expect(plane.streams).toEqual([]);
    renameSync(`${root}/kept`, path);
    await until('ready', isReady(ready), 40);
    expect(plane.streams[0]?.authorization).toBe('Bearer token');
  });

  test('a token that the kubelet renewed goes with the next stream', async () => {
    const plane = await controlPlane();
    const root = writePodFiles({ token: 'unused', rootCertificate: identity.certificate });
    rmSync(join(root, 'tokens', 'istio-token'));
    projectToken(join(root, 'tokens'), 'first', 1);
    symlinkSync('..data/istio-token', join(root, 'tokens', 'istio-token'));
    const { ready } = await start(root, plane.port);
    await until('ready', isReady(ready), 5);
    projectToken(join(root, 'tokens'), 'second', 2);
    await until('a stream with the new token', () => {
      plane.closeStreams();
      return plane.streams.some((stream) => stream.authorization === 'Bearer second') || undefined;
    });
    expect(plane.streams[0]?.authorization).toBe('Bearer first');
  });

  test('a pod address that is not usable yet does not end the proxy', async () => {
    const [port = 0] = await freePorts(1);
    const root = writePodFiles({ token: 'token', rootCertificate: identity.certificate });
    const [statusPort = 0, adminPort = 0, readyPort = 0, metricsPort = 0] = await freePorts(4);
    const input = bootstrapInput({ statusPort, adminPort, readyPort, metricsPort, discovery: { host, port } });
    const args = argumentsFor(input, root).map((arg) => arg.replaceAll(podIp, 'fd97:ffff::1'));
    const envoy = startEnvoy(binary ?? '', args, root);
    stopping.push(envoy.stop);
    const local = { host: '127.0.0.1' };
    await until(envoy.log(), async () => (await ask(statusPort, '/metrics', local)).status === 200 || undefined, 8);
  });

  test('a control plane with another certificate gets no token', async () => {
    const impostor = await startEmptyControlPlane(selfSigned(host), { host: '127.0.0.1' });
    stopping.push(impostor.stop);
    const { ready, status } = await start(
      writePodFiles({ token: 'secret', rootCertificate: identity.certificate }),
      impostor.port,
    );
    await until('the status port answers', () => answers(status), 8);
    await until('a failed handshake', async () => {
      const { body } = await ask(status, '/metrics');
      return /envoy_cluster_ssl_fail_verify_error\{[^}]*xds[^}]*\} [1-9]/.test(body) || undefined;
    });
    expect(impostor.streams).toEqual([]);
    expect((await ask(ready, '/healthz/ready')).status).toBe(503);
  });
});

/** As a kubelet projects: a folder of its own, and `..data` swapped to it in one step. */
function projectToken(folder: string, token: string, generation: number): void {
  mkdirSync(join(folder, `..${generation}`));
  writeFileSync(join(folder, `..${generation}`, 'istio-token'), token);
  symlinkSync(`..${generation}`, join(folder, '..next'));
  renameSync(join(folder, '..next'), join(folder, '..data'));
}
