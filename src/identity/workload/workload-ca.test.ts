import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OutriggerError } from '../../errors.ts';
import type { Clock } from '../serving-certificates.ts';
import { makeMeshRoot } from './make-mesh-root.ts';
import type { MeshRoot } from './mesh-root.ts';
import { MeshRootFile } from './mesh-root-file.ts';
import { type RootChange, WorkloadCa } from './workload-ca.ts';

const hour = 3_600_000;
const id = 'spiffe://cluster.local/ns/shop/sa/cart';
let folder: string;
let path: string;
let time: number;
let tasks: (() => void)[];
const clock: Clock = {
  now: () => new Date(time),
  random: () => 0.5,
  after: (_, task) => {
    tasks.push(task);
    return () => {
      tasks = tasks.filter((other) => other !== task);
    };
  },
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outrigger-'));
  path = join(folder, 'state', 'mesh-root.pem');
  time = Date.now();
  tasks = [];
});
afterEach(() => rm(folder, { recursive: true }));

const authority = (options: { lifetimeMs?: number } = {}) =>
  new WorkloadCa({ store: new MeshRootFile(path), place: path, clock, ...options });
async function loaded(options: { lifetimeMs?: number } = {}): Promise<WorkloadCa> {
  const ca = authority(options);
  await ca.load();
  return ca;
}
const inMemory = (root: () => MeshRoot | undefined) =>
  new WorkloadCa({ store: { load: async () => root(), save: async () => {} }, place: 'memory', clock });

describe('a workload certificate', () => {
  test('has one critical name, both uses, 24 hours, and a chain to the roots', async () => {
    const ca = await loaded();
    const issued = await ca.issue(id);
    const leaf = new X509Certificate(issued.certificateChainPem);
    const root = new X509Certificate(ca.rootsPem);
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(issued.privateKeyPem))).toBe(true);
    expect([leaf.subjectAltName, leaf.subject, leaf.ca]).toEqual([`URI:${id}`, undefined, false]);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(time + 24 * hour - leaf.validToDate.getTime()).toBeLessThan(1000);
    expect(time - 60_000 - leaf.validFromDate.getTime()).toBeLessThan(1000);
    expect(leaf.validFromDate).toEqual(issued.notBefore);
    expect([leaf.serialNumber.toLowerCase(), leaf.serialNumber.length]).toEqual([issued.serial, 32]);
    const printed = execFileSync('openssl', ['x509', '-noout', '-text'], { input: issued.certificateChainPem });
    expect(String(printed)).toMatch(/Subject Alternative Name: critical\s+URI:/);
    expect(String(printed)).toMatch(/Key Usage: critical\s+Digital Signature\n/);
  });

  test('of one service account: another key and serial each time', async () => {
    const ca = await loaded();
    const [one, two] = await Promise.all([ca.issue(id), ca.issue(id)]);
    expect(one.privateKeyPem).not.toBe(two.privateKeyPem);
    expect(one.serial).not.toBe(two.serial);
  });

  test('never outlives its issuer, which then issues nothing', async () => {
    const ca = await loaded({ lifetimeMs: 20 * 365 * 24 * hour });
    expect((await ca.issue(id)).notAfter).toEqual(ca.notAfter);
    time = ca.notAfter.getTime();
    await expect(ca.issue(id)).rejects.toMatchObject({ code: 'OR2202' });
  });

  test.each(['', 'cart', 'spiffe://cluster.local/ns/shop', 'spiffe://a/ns/b/sa/c/d', 'spiffe://a\n/ns/b/sa/c'])(
    'is not for %j',
    async (wrong) => {
      await expect((await loaded()).issue(wrong)).rejects.toMatchObject({ code: 'OR2204' });
    },
  );

  test('shows its key to no log line', async () => {
    const ca = await loaded();
    const issued = await ca.issue(id);
    const seen = [issued, ca, { deep: { issued } }].flatMap((value) => [
      JSON.stringify(value),
      inspect(value, { depth: 9, showHidden: true, getters: true }),
      Object.values({ ...value }).join(),
    ]);
    expect(issued.privateKeyPem).toContain('PRIVATE KEY');
    expect(seen.filter((text) => text.includes('PRIVATE KEY'))).toEqual([]);
  });

  test('serves mutual TLS', async () => {
    const ca = await loaded();
    const [server, client] = await Promise.all([ca.issue(id), ca.issue('spiffe://cluster.local/ns/shop/sa/web')]);
    const peers: (string | undefined)[] = [];
    const listening = createServer(
      {
        cert: server.certificateChainPem,
        key: server.privateKeyPem,
        ca: ca.rootsPem,
        requestCert: true,
        rejectUnauthorized: true,
      },
      (socket) => socket.end(socket.getPeerCertificate().subjectaltname ?? ''),
    );
    await new Promise<void>((done) => listening.listen(0, '127.0.0.1', done));
    const { port } = listening.address() as { port: number };
    const text = await new Promise<string>((resolve, reject) => {
      const socket: TLSSocket = connect({
        host: '127.0.0.1',
        port,
        cert: client.certificateChainPem,
        key: client.privateKeyPem,
        ca: ca.rootsPem,
        checkServerIdentity: (_, certificate) => void peers.push(certificate.subjectaltname),
      });
      let received = '';
      socket.on('data', (chunk) => {
        received += String(chunk);
      });
      socket.on('end', () => resolve(received));
      socket.on('error', reject);
    });
    listening.close();
    expect([text, ...peers]).toEqual(['URI:spiffe://cluster.local/ns/shop/sa/web', `URI:${id}`]);
  });
});

test('a certificate for the control plane has its DNS names, and serves alone', async () => {
  const ca = await loaded();
  const pair = await ca.issueServing(['outrigger.outrigger-system.svc', 'localhost']);
  const leaf = new X509Certificate(pair.chainPem);
  expect(leaf.verify(new X509Certificate(pair.caPem).publicKey)).toBe(true);
  expect(leaf.checkHost('outrigger.outrigger-system.svc')).toBeDefined();
  expect([leaf.checkHost('other.svc'), leaf.keyUsage]).toEqual([undefined, ['1.3.6.1.5.5.7.3.1']]);
});

describe('the root of the mesh', () => {
  test('is made once, 0600, for ten years, and kept over restarts', async () => {
    const first = await loaded();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await chmod(path, 0o644);
    const second = await loaded();
    expect(second.rootsPem).toBe(first.rootsPem);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(Math.round((first.notAfter.getTime() - time) / hour / 24)).toBe(3650);
  });

  test('is one, when several processes start at the same time', async () => {
    const all = await Promise.all([loaded(), loaded(), loaded()]);
    expect(new Set(all.map((ca) => ca.rootsPem)).size).toBe(1);
  });

  test('that is damaged is never replaced', async () => {
    await loaded();
    const other = await makeMeshRoot(new Date());
    const root = await new MeshRootFile(path).load();
    for (const text of ['', 'nonsense', root?.certificatePem ?? '', `${root?.certificatePem}${other.privateKeyPem}`]) {
      await writeFile(path, text);
      await expect(loaded()).rejects.toMatchObject({ code: 'OR2201', at: path });
    }
  });

  test('is not used before or after its time', async () => {
    await loaded();
    time += 3651 * 24 * hour;
    await expect(loaded()).rejects.toMatchObject({ code: 'OR2202' });
    time -= 3654 * 24 * hour;
    await expect(loaded()).rejects.toMatchObject({ code: 'OR2202' });
  });

  test('replaced in the store is taken, one that cannot be used is reported once', async () => {
    let root: MeshRoot | undefined = await makeMeshRoot(new Date());
    const ca = inMemory(() => root);
    await ca.load();
    const changes: RootChange[] = [];
    const failures: OutriggerError[] = [];
    ca.onChange((change) => changes.push(change));
    ca.watch((error) => failures.push(error), new AbortController().signal);
    const look = async (): Promise<void> => {
      for (const task of tasks.splice(0)) task();
      while (tasks.length === 0) await new Promise((done) => setTimeout(done, 1));
    };
    const before = root;
    const next = await makeMeshRoot(new Date());
    await look();
    root = { ...before, rootsPem: `${before.rootsPem}${next.rootsPem}` };
    await look();
    root = { ...next, rootsPem: `${before.rootsPem}${next.rootsPem}` };
    await look();
    root = undefined;
    await look();
    await look();
    expect(changes).toEqual([
      { issuer: false, roots: true },
      { issuer: true, roots: false },
    ]);
    expect(failures.map((error) => error.code)).toEqual(['OR2201']);
    expect(new X509Certificate((await ca.issue(id)).certificateChainPem).issuer).toContain('Outrigger mesh root');
  });
});

describe("a user's own intermediate, made by OpenSSL", () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  async function make(kind: 'rsa' | 'ec'): Promise<MeshRoot> {
    const key = kind === 'rsa' ? ['rsa:2048'] : ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'];
    await writeFile(
      join(folder, 'ext'),
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=0badcafe\n',
    );
    const subject = (name: string) => ['-nodes', '-subj', `/CN=${name}`];
    openssl('req', '-x509', '-newkey', ...key, '-keyout', 'root.key', '-out', 'root.pem', ...subject('root'));
    openssl('req', '-newkey', ...key, '-keyout', 'ca.key', '-out', 'ca.csr', ...subject('middle'));
    const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'ext', '-days', '30'];
    openssl('x509', '-req', '-in', 'ca.csr', '-out', 'ca.pem', ...signing);
    // The older forms that users still have.
    if (kind === 'rsa') openssl('rsa', '-in', 'ca.key', '-traditional', '-out', 'ca.key');
    else openssl('ec', '-in', 'ca.key', '-out', 'ca.key');
    const read = (name: string) => String(execFileSync('cat', [name], { cwd: folder }));
    time = Date.now();
    const [certificatePem, privateKeyPem, rootsPem] = [read('ca.pem'), read('ca.key'), read('root.pem')];
    return { certificatePem, privateKeyPem, rootsPem, chainPem: `${certificatePem}${rootsPem}` };
  }

  test.each(['rsa', 'ec'] as const)('%s: signs, and stands in the chain without its root', async (kind) => {
    const root = await make(kind);
    const ca = inMemory(() => root);
    await ca.load();
    const { certificateChainPem } = await ca.issue(id);
    expect(certificateChainPem.match(/BEGIN/g)).toHaveLength(2);
    await writeFile(join(folder, 'leaf.pem'), certificateChainPem);
    openssl('verify', '-CAfile', 'root.pem', '-untrusted', 'leaf.pem', 'leaf.pem');
    // The same by way of the file of one piece.
    await new MeshRootFile(path).save(root);
    expect((await (await loaded()).issue(id)).certificateChainPem.match(/BEGIN/g)).toHaveLength(2);
  });

  test('is refused with the root of another, or as no CA', async () => {
    const root = await make('ec');
    const other = await makeMeshRoot(new Date());
    await expect(inMemory(() => ({ ...root, rootsPem: other.rootsPem })).load()).rejects.toMatchObject({
      code: 'OR2201',
    });
    await expect(inMemory(() => ({ ...root, rootsPem: '' })).load()).rejects.toMatchObject({ code: 'OR2201' });
    const leaf = await (await loaded()).issue(id);
    const asRoot = { ...other, certificatePem: leaf.certificateChainPem, privateKeyPem: leaf.privateKeyPem };
    await expect(inMemory(() => asRoot).load()).rejects.toThrow(/OR2201 memory: its certificate is not that of a CA/);
  });
});
