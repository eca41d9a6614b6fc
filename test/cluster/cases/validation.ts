import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import { type KindName, kinds } from '../../../src/schema/kinds.ts';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { installMesh, type Mesh } from '../mesh.ts';

const space = 'validation';
const selector = { matchLabels: { app: 'web' } };
const badKey = { matchLabels: { 'a b': 'c' } };
const route = (host: string) => [{ destination: { host } }];
const server = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['web.example'] };
const patch = { applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: {} } };

interface Row {
  /** What the CRD takes and we refuse, and where. */
  readonly bad: object;
  readonly at: string;
  /** What is let in with a warning. */
  readonly doubtful: object;
  readonly warning: RegExp;
}

const unknown = { surprise: true };
const unknownField = /OR1643 spec\.surprise/;

const rows: Readonly<Record<KindName, Row>> = {
  VirtualService: {
    bad: { hosts: ['web'], http: [{ match: [{ uri: { regex: '(?=a)' } }], route: route('web') }] },
    at: 'spec.http[0].match[0].uri.regex',
    doubtful: { hosts: ['web'], http: [{ route: route('nowhere') }] },
    warning: /OR3001 spec\.http\[0\]\.route\[0\]\.destination\.host: .*nowhere\.validation\.svc/,
  },
  DestinationRule: {
    bad: { host: 'web', trafficPolicy: { outlierDetection: { interval: '5' } } },
    at: 'spec.trafficPolicy.outlierDetection.interval',
    doubtful: { host: 'web', trafficPolicy: { outlierDetection: { consecutiveErrors: 5 } } },
    warning: /OR1653 .*consecutiveErrors is deprecated/,
  },
  Gateway: {
    bad: { servers: [{ ...server, hosts: ['a b'] }] },
    at: 'spec.servers[0].hosts[0]',
    doubtful: {
      servers: [
        {
          ...server,
          tls: { mode: 'MUTUAL', credentialName: 'a', insecureSkipVerify: true },
          port: { number: 443, name: 'tls', protocol: 'HTTPS' },
        },
      ],
    },
    warning: /OR1659 spec\.servers\[0\]\.tls\.insecureSkipVerify/,
  },
  ServiceEntry: {
    bad: {
      ...{ hosts: ['a.example'], addresses: ['10.0.0.0/99'], resolution: 'STATIC' },
      ...{ ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], endpoints: [{ address: '10.0.0.1' }] },
    },
    at: 'spec.addresses[0]',
    doubtful: { hosts: ['a.example'], resolution: 'NONE' },
    warning: /OR1654 .*without a port/,
  },
  Sidecar: {
    bad: { egress: [{ hosts: ['a/b/c'] }] },
    at: 'spec.egress[0].hosts[0]',
    doubtful: { egress: [{ hosts: ['./*'] }], ...unknown },
    warning: unknownField,
  },
  WorkloadEntry: {
    bad: { address: '10.0.0.1/8' },
    at: 'spec.address',
    doubtful: { address: '10.0.0.1', ...unknown },
    warning: unknownField,
  },
  WorkloadGroup: {
    bad: { template: {}, metadata: { labels: { 'a b': 'c' } } },
    at: 'spec.metadata.labels["a b"]',
    doubtful: { template: {}, ...unknown },
    warning: unknownField,
  },
  PeerAuthentication: {
    bad: { portLevelMtls: { '8080': { mode: 'STRICT' } } },
    at: 'spec.portLevelMtls',
    doubtful: { selector, mtls: { mode: 'PERMISSIVE' }, ...unknown },
    warning: unknownField,
  },
  AuthorizationPolicy: {
    bad: { rules: [{ from: [{ source: { ipBlocks: ['10.0.0.0/99'] } }] }] },
    at: 'spec.rules[0].from[0].source.ipBlocks[0]',
    doubtful: { selector, rules: [{}], ...unknown },
    warning: unknownField,
  },
  RequestAuthentication: {
    bad: { jwtRules: [{ issuer: 'a', jwksUri: 'ftp://x' }] },
    at: 'spec.jwtRules[0].jwksUri',
    doubtful: { selector, ...unknown },
    warning: unknownField,
  },
  Telemetry: {
    bad: { selector: badKey },
    at: 'spec.selector.matchLabels["a b"]',
    doubtful: { selector, metrics: [{ reportingInterval: '5s' }] },
    warning: /OR2404 spec\.metrics\[0\]\.reportingInterval/,
  },
  EnvoyFilter: {
    bad: { configPatches: [patch], workloadSelector: { labels: { 'a b': 'c' } } },
    at: 'spec.workloadSelector.labels["a b"]',
    doubtful: { configPatches: [patch], ...unknown },
    warning: unknownField,
  },
  ProxyConfig: {
    bad: { selector: badKey },
    at: 'spec.selector.matchLabels["a b"]',
    doubtful: { concurrency: 1, ...unknown },
    warning: unknownField,
  },
  Emergency: {
    bad: { level: 'authz', ttl: '48h' },
    at: 'spec.ttl',
    doubtful: { level: 'authz', ttl: '1m', ...unknown },
    warning: unknownField,
  },
  RateLimit: {
    bad: { limits: [{ requests: 0, unit: 'minute', burst: 1 }] },
    at: 'spec.limits[0].burst',
    doubtful: { limits: [{ requests: 5, unit: 'minute' }], ...unknown },
    warning: unknownField,
  },
};

/** What users see of the validating webhook: `kubectl apply` against the real API server. */
export function validationCases(cluster: () => Cluster): void {
  describe('validation', () => {
    let mesh: Mesh | undefined;

    const manifest = (kind: string, spec: object, metadata: object = {}) => {
      const found = kinds.find((known) => known.kind === kind);
      const apiVersion = `${found?.group}/${found?.versions[0]}`;
      return JSON.stringify({ apiVersion, kind, metadata: { name: 'it', namespace: space, ...metadata }, spec });
    };
    const kubectl = (verb: string, input: string, ...more: string[]) =>
      cluster().kubectl([verb, ...more, '-f', '-'], { input });
    const remove = (input: string) => kubectl('delete', input, '--ignore-not-found');

    beforeAll(async () => {
      const applied = await cluster().kubectl(['apply', '-f', crdFolder]);
      expect(applied.code).toBe(0);
      const names = kinds.map((kind) => `crd/${kind.plural}.${kind.group}`);
      await cluster().kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...names]);
      mesh = await installMesh(cluster());
      await mesh.start();
      await makeNamespace(cluster(), space);
      const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: space } };
      await kubectl('apply', JSON.stringify({ ...service, spec: { ports: [{ name: 'http', port: 80 }] } }));
      const { bad, doubtful } = rows.VirtualService;
      const refused = async () => (await kubectl('apply', manifest('VirtualService', bad))).code !== 0 || undefined;
      await waitFor(refused, { what: 'the validating webhook to be in use' });
      const told = async () =>
        (await kubectl('apply', manifest('VirtualService', doubtful), '--dry-run=server')).stderr.includes('OR3001') ||
        undefined;
      await waitFor(told, { what: 'the services of the cluster to be known', timeoutMs: 60_000 });
    });
    afterAll(async () => {
      await mesh?.uninstall();
      await cluster().kubectl(['delete', 'ns', '--wait=false', space]);
      await cluster().kubectl(['delete', '--ignore-not-found', '-f', crdFolder]);
    });

    test.each(Object.entries(rows))(
      'a wrong %s is refused at its field, a doubtful one is let in',
      async (kind, row) => {
        const refused = await kubectl('apply', manifest(kind, row.bad));
        expect([refused.code, refused.stdout]).toEqual([1, '']);
        expect(refused.stderr).toMatch(
          /admission webhook "default\.validation\.outrigger\.io" denied the request: OR2550/,
        );
        expect(refused.stderr).toContain(row.at);
        const taken = await kubectl('apply', manifest(kind, row.doubtful));
        expect([taken.code, taken.stderr]).toEqual([0, expect.stringMatching(/^Warning: /)]);
        expect(taken.stderr).toMatch(row.warning);
        expect((await remove(manifest(kind, row.doubtful))).code).toBe(0);
      },
    );

    test('a dry run is judged the same and leaves nothing', async () => {
      const { bad, doubtful } = rows.VirtualService;
      expect((await kubectl('apply', manifest('VirtualService', bad), '--dry-run=server')).code).toBe(1);
      const taken = await kubectl('apply', manifest('VirtualService', doubtful), '--dry-run=server');
      expect([taken.code, taken.stderr]).toEqual([0, expect.stringContaining('OR3001')]);
      expect((await cluster().kubectl(['get', 'vs', '-n', space, '-o', 'name'])).stdout).toBe('');
    });

    test('what came in unseen can be labelled and deleted; the control plane away holds up nobody', async () => {
      const { bad } = rows.VirtualService;
      await mesh?.stop();
      expect((await kubectl('apply', manifest('VirtualService', bad))).code).toBe(0);
      await mesh?.start();
      const labelled = await cluster().kubectl(['label', 'vs', 'it', '-n', space, 'a=b']);
      expect([labelled.code, labelled.stderr]).toEqual([0, expect.stringMatching(/Warning: OR1648 .*not in force/)]);
      const changed = await kubectl('apply', manifest('VirtualService', { ...bad, hosts: ['other'] }));
      expect(changed.code).toBe(1);
      expect((await remove(manifest('VirtualService', bad))).code).toBe(0);
    });

    test('resources of another revision are left to that', async () => {
      const labels = { 'istio.io/rev': 'other' };
      const taken = await kubectl('apply', manifest('VirtualService', rows.VirtualService.bad, { labels }));
      expect([taken.code, taken.stderr]).toEqual([0, '']);
      await remove(manifest('VirtualService', rows.VirtualService.bad));
    });
  });
}
