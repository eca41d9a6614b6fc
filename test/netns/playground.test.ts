import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isObject } from '../../src/model/json.ts';
import type { LivePod } from '../../src/playground/cluster/live-pod.ts';
import { type Playground, startPlayground } from '../../src/playground/start-playground.ts';
import type { SourceObject } from '../../src/source/object-source.ts';
import { until } from '../envoy/condition.ts';
import type { EmptyControlPlane } from '../envoy/empty-control-plane.ts';
import { script } from './init-container.ts';
import { execute } from './namespace.ts';
import { filesOf, startWebhookAlone } from './playground-fixture.ts';
import { findRequirements } from './requirements.ts';

/**
 * The playground with real pods on its bridge: injected over TLS by the real webhook, run by the pod runner. Traffic
 * through the mesh is tested elsewhere: the control plane of these tests has nothing to send, so what calls is not meshed.
 */
const envoy = findRequirements();

const app = (name: string, replicas: number, extra = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: plain}
spec:
  replicas: ${replicas}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: app
          image: outrigger/sample-app
          env: [{name: ROLE, value: ${name}}, {name: LISTEN, value: "http:8080,h2c:8081,tcp:9000,tcp-first:9001"}]
          ports: [{name: web, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /health, port: web}, periodSeconds: 1, failureThreshold: 1}
          ${extra}
---`;

const services = `
apiVersion: v1
kind: Service
metadata: {name: server, namespace: plain}
spec:
  type: LoadBalancer
  selector: {app: server}
  ports: [{name: http, port: 80, targetPort: web}, {name: tcp, port: 9001}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: plain}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: http, port: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: itself, namespace: plain}
spec: {selector: {app: db}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias, namespace: plain}
spec: {type: ExternalName, externalName: server.plain.svc.cluster.local}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: plain}
spec:
  serviceName: db
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: app, image: outrigger/sample-app, env: [{name: LISTEN, value: "http:8080"}]}]}
---
apiVersion: v1
kind: Pod
metadata:
  name: client
  namespace: plain
  annotations: {playground.outrigger.dev/command: "exec sleep 1000000"}
spec: {containers: [{name: client, image: anything}]}
---`;

const meshed = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - name: cart
          image: outrigger/sample-app
          readinessProbe: {httpGet: {path: /health, port: 9080}, periodSeconds: 1}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: once, image: anything, command: ["true"]}]}
`;

describe.skipIf(envoy === undefined)('the playground', () => {
  let folder: string;
  let playground: Playground;
  const problems: string[] = [];
  const seen: { plane?: EmptyControlPlane } = {};

  function write(servers: number, extra = ''): void {
    writeFileSync(join(folder, 'all.yaml'), `${app('server', servers, extra)}${services}${meshed}`);
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'outrigger-test-'));
    write(2);
    playground = await startPlayground({
      files: filesOf(folder),
      startControlPlane: startWebhookAlone(seen),
      envoy,
      proxyScript: script,
      forwards: { 80: 0 },
      hosts: { 'api.example.com': ['192.0.2.7'] },
      onProblem: (error) => problems.push(error.message),
    });
    await playground.ready(60);
  });
  afterAll(async () => {
    const pid = pod('shop', 'cart').kept?.running?.container('istio-proxy').process.pid;
    await playground?.stop();
    rmSync(folder, { recursive: true, force: true });
    // Nothing is left: no namespace, link, table, route, folder or process.
    expect(leftovers(playground.folder)).toEqual([]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  function pod(namespace: string, name: string): LivePod {
    const found = playground.pod(namespace, name);
    if (found === undefined) throw new Error(`there is no pod ${namespace}/${name}`);
    return found;
  }
  async function inClient(...command: string[]): Promise<string> {
    return (await playground.exec(pod('plain', 'client'), 'client', command)).output;
  }
  const ask = (url: string) => inClient('curl', '-s', '--max-time', '5', url);
  const objects = (): Map<string, SourceObject> => {
    const all = new Map<string, SourceObject>();
    playground.cluster.onObjects(({ upserts }) => {
      for (const object of upserts) all.set(`${object.kind} ${object.namespace}/${object.name}`, object);
    })();
    return all;
  };
  const endpointsOf = (service: string) =>
    [...objects().values()]
      .filter((object) => object.kind === 'EndpointSlice' && object.name.startsWith(`${service}-`))
      .flatMap((object) => object.object['endpoints'] as { conditions: { ready: boolean } }[]);

  test('every pod is ready, without a problem on the way', () => {
    expect(playground.cluster.pods.filter(({ status }) => !status.ready && status.phase !== 'Succeeded')).toEqual([]);
    expect(problems).toEqual([]);
  });

  test('a pod of a labelled namespace is injected, and its proxy shows a token of that pod', async () => {
    const cart = pod('shop', 'cart');
    expect(cart.pod.spec.initContainers?.map(({ name }) => name)).toEqual(['istio-init', 'istio-proxy']);
    expect(pod('plain', 'client').pod.spec.initContainers).toBeUndefined();
    const stream = seen.plane?.streams.find(({ nodeId }) => nodeId.includes(`~${cart.desired.name}.shop~`));
    const claims = JSON.parse(String(Buffer.from(stream?.authorization.split('.')[1] ?? '', 'base64url')));
    expect(claims).toMatchObject({
      aud: ['istio-ca'],
      sub: 'system:serviceaccount:shop:default',
      'kubernetes.io': { pod: { name: cart.desired.name, uid: cart.pod.metadata['uid'] } },
    });
    const { output } = await playground.exec(cart, 'cart', ['sh', '-c', 'id -u; iptables-nft-save 2>&1 | head -1']);
    expect(output).toMatch(/^1000\n/);
  });

  test('the mesh sees pods, services and endpoints as in a cluster', () => {
    const all = objects();
    const cart = pod('shop', 'cart');
    expect(all.get(`Pod shop/${cart.desired.name}`)?.object).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'ReplicaSet' }], labels: { app: 'cart' } },
      status: { podIP: cart.ip, phase: 'Running', hostIP: playground.nodeIp },
    });
    expect(all.get('Service plain/server')?.object).toMatchObject({ spec: { clusterIP: expect.any(String) } });
    expect(all.get('ServiceAccount plain/default')).toBeDefined();
    expect([...all.keys()].filter((key) => key.startsWith('Deployment'))).toEqual([]);
    expect(endpointsOf('server').map(({ conditions }) => conditions.ready)).toEqual([true, true]);
  });

  test('names: services, pods behind headless ones, aliases, and nothing else', async () => {
    const hosts = async (name: string) => [...new Set((await inClient('getent', 'ahostsv4', name)).match(/^[\d.]+/gm))];
    const spec = objects().get('Service plain/server')?.object['spec'];
    const server = isObject(spec) ? spec['clusterIP'] : undefined;
    expect(await hosts('server')).toEqual([server]);
    expect(await hosts('server.plain')).toEqual([server]);
    expect(await hosts('server.plain.svc.cluster.local')).toEqual([server]);
    expect(await hosts('alias')).toEqual([server]);
    const db = pod('plain', 'db-0').ip;
    expect(await hosts('db')).toEqual([db]);
    expect(await hosts('db-0.db.plain.svc.cluster.local')).toEqual([db]);
    expect(await hosts('outrigger.outrigger-system.svc')).toEqual([playground.nodeIp]);
    expect(await hosts('api.example.com')).toEqual(['192.0.2.7']);
    expect(await hosts('example.com')).toEqual([]);
  });

  test('a service leads to each of its pods; a pod is reached by its own address', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('http://server/')));
    expect(new Set(answers.map((answer) => JSON.parse(answer).pod)).size).toBe(2);
    expect(JSON.parse(await ask(`http://${pod('plain', 'server').ip}:8080/`)).app).toBe('server');
    const own = await playground.exec(pod('plain', 'db-0'), 'app', ['curl', '-s', '--max-time', '5', 'http://itself/']);
    expect(JSON.parse(own.output).pod).toBe('db-0');
    const greeting = 'exec 3<>/dev/tcp/server/9001; read -r line <&3; echo "$line"';
    expect(await inClient('bash', '-c', greeting)).toMatch(/^hello from server-/);
  });

  test('the node is reached, nothing beyond it is; services without endpoints refuse', async () => {
    expect(await inClient('curl', '-s', '--max-time', '2', '-w', '%{http_code}', 'http://192.0.2.1/')).toBe('000');
    const { output } = await playground.exec(pod('plain', 'client'), 'client', ['curl', '-sS', 'http://server:81/']);
    expect(output).toMatch(/refused|Failed to connect/);
  });

  test('a port of this machine leads to the load balancer', async () => {
    const answer = await fetch(`http://127.0.0.1:${playground.forwards.get(80)}/headers`);
    expect(await answer.json()).toMatchObject({ app: 'server', headers: { host: expect.any(String) } });
  });

  test('endpoints follow readiness', async () => {
    const server = pod('plain', 'server');
    const ready = () => endpointsOf('server').filter(({ conditions }) => conditions.ready).length;
    await ask(`http://${server.ip}:8080/health/fail`);
    await until('one is out', () => ready() === 1 || undefined, 5);
    await ask(`http://${server.ip}:8080/health/mend`);
    await until('it is back', () => ready() === 2 || undefined, 5);
  });

  test('a container that ends is started again', async () => {
    const client = pod('plain', 'db-0');
    client.kept?.running?.container('app').process.kill('SIGKILL');
    await until(
      'it is back',
      () => (client.status.ready && client.status.containers[0]?.restarts === 1) || undefined,
      5,
    );
  });

  test('a job with a sidecar ends', async () => {
    const done = () => playground.pod('shop', 'once')?.status.phase === 'Succeeded' || undefined;
    await until('the job is done', done, 15);
    expect(playground.pod('shop', 'once')?.kept?.running?.events).toContain('ended istio-proxy: 0');
  });

  test('edited files: more pods, then another template without a gap', async () => {
    write(3);
    await until(
      'there are three',
      () => endpointsOf('server').filter((one) => one.conditions.ready).length === 3 || undefined,
      10,
    );
    const old = new Set(playground.cluster.pods.map(({ desired }) => desired.name));
    let failures = 0;
    let asking = true;
    const asker = (async () => {
      while (asking) if (!(await ask('http://server/status/200')).includes('"server"')) failures += 1;
    })();
    write(2, 'terminationMessagePath: /dev/another');
    const fresh = () => playground.cluster.pods.filter(({ desired }) => desired.name.startsWith('server-'));
    await until(
      'the old ones are gone',
      () =>
        (fresh().length === 2 && fresh().every((one) => !old.has(one.desired.name) && one.status.ready)) || undefined,
      20,
    );
    asking = false;
    await asker;
    expect(failures).toBe(0);
  });

  test('logs are files', () => {
    const server = pod('plain', 'server').desired.name;
    expect(readFileSync(join(playground.folder, 'pods', `plain_${server}`, 'app.log'), 'utf8')).toContain(
      'server listens',
    );
  });
});

describe.skipIf(envoy === undefined)('after a crash', () => {
  test('the pods die with it, and the next one removes what it left', async () => {
    const manifests = mkdtempSync(join(tmpdir(), 'outrigger-test-'));
    const child = spawn(process.execPath, [join(import.meta.dirname, 'playground-child.ts'), envoy ?? '', manifests], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise((done) => child.on('exit', done));
    const said = await new Promise<{ folder: string; pids: number[] }>((resolve) => {
      child.stdout.once('data', (line) => resolve(JSON.parse(String(line))));
    });
    expect(said.pids.length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await exited;
    await until('its pods are gone', () => said.pids.every((pid) => !existsSync(`/proc/${pid}`)) || undefined, 5);
    expect(leftovers(said.folder)).not.toEqual([]);
    rmSync(join(manifests, 'pod.yaml'));
    const next = await startPlayground({
      files: filesOf(manifests),
      startControlPlane: startWebhookAlone({}),
      envoy,
      proxyScript: script,
      onProblem: () => {},
    });
    // It may have that place itself.
    const left = next.folder === said.folder ? [] : leftovers(said.folder);
    await next.stop();
    rmSync(manifests, { recursive: true });
    expect([left, leftovers(next.folder)]).toEqual([[], []]);
  });
});

/** All that the playground of this folder has on this machine now; others may run beside it. */
function leftovers(folder: string): string[] {
  const number = folder.at(-1) ?? '';
  const isOwn = (name: string): boolean => name.startsWith(`or-pg${number}`) || join(tmpdir(), name) === folder;
  const tables = execute(['nft', 'list', 'tables']).match(new RegExp(`or_pg${number}`, 'g')) ?? [];
  const routes = execute(['ip', '-4', 'route']).match(new RegExp(`^.*or-pg${number}.*$`, 'gm')) ?? [];
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns') : [];
  const links = execute(['ip', '-brief', 'link'])
    .split('\n')
    .map((line) => line.split(/[ @]/)[0] ?? '');
  return [...links, ...namespaces, ...readdirSync(tmpdir())].filter(isOwn).concat(tables, routes);
}
