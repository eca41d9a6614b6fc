import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { crdFolder } from '../../../src/schema/generate-crds.ts';
import { kindOf, kinds } from '../../../src/schema/kinds.ts';
import { validate } from '../../../src/schema/validate.ts';
import type { ApiObject } from '../api.ts';
import { waitFor } from '../child.ts';
import { makeNamespace } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';

const crdsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const examplesFolder = join(import.meta.dirname, '../../../../shared/examples');
const samplesFolder = join(import.meta.dirname, '../../../../shared/samples');

interface Example {
  readonly file: string;
  readonly path: string;
  readonly objects: readonly ApiObject[];
}

/** The files of which every document is of a kind that the CRDs make. */
const examples: readonly Example[] = [examplesFolder, samplesFolder].filter(existsSync).flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      const objects = parseAllDocuments(text).map((document): ApiObject => document.toJS() ?? {});
      return { file, path: join(folder, file), objects: objects.filter((object) => object.kind !== undefined) };
    })
    .filter(({ objects }) => objects.length > 0 && objects.every((object) => definitionOf(object) !== undefined)),
);

function definitionOf(object: ApiObject) {
  return kindOf(object.apiVersion ?? '', object.kind ?? '');
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly message: string;
}

/** The CRDs as the API server takes them, and what it then does with resources. */
export function crdCases(cluster: () => Cluster): void {
  describe('CRDs', () => {
    let ours = false;
    beforeAll(async () => {
      // Deleting them at the end would take the resources of a user's cluster along.
      const { items: present = [] } = await cluster().api.must('GET', crdsPath);
      const theirs = present.flatMap((item) => names.filter((name) => name === item.metadata?.name));
      if (theirs.length > 0) throw new Error(`the cluster has ${theirs.join(', ')} already: use one without Istio`);
      ours = true;
      const applied = await cluster().kubectl(['apply', '--validate=strict', '-f', crdFolder]);
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      for (const namespace of ['crds', 'crds-examples', 'production', 'prod'])
        await makeNamespace(cluster(), namespace);
      await waitFor(
        async () => {
          const { items = [] } = await cluster().api.must('GET', crdsPath);
          const made = items.filter((item) => names.includes(item.metadata?.name ?? ''));
          return (
            (made.length === kinds.length && made.every((item) => stateOf(item, 'Established') === 'True')) || undefined
          );
        },
        { what: 'the CRDs to be established' },
      );
    });
    afterAll(async () => {
      if (!ours) return;
      await cluster().kubectl(['delete', '--ignore-not-found', '-f', crdFolder]);
      await cluster().kubectl(['delete', 'ns', '--wait=false', 'crds', 'crds-examples', 'production', 'prod']);
    });
    const names = kinds.map((kind) => `${kind.plural}.${kind.group}`);
    const conditionsOf = (crd: ApiObject): readonly Condition[] =>
      (crd.status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];
    const stateOf = (crd: ApiObject, type: string) => conditionsOf(crd).find((item) => item.type === type)?.status;

    test('all are established, with their names, and structural', async () => {
      for (const name of names) {
        const crd = await cluster().api.must('GET', `${crdsPath}/${name}`);
        const states = conditionsOf(crd).filter(({ status }) => status === 'True');
        expect([name, ...states.map(({ type }) => type).sort()]).toEqual([name, 'Established', 'NamesAccepted']);
      }
    });

    test('a second apply changes nothing, and server-side apply takes them, too', async () => {
      const again = await cluster().kubectl(['apply', '-f', crdFolder]);
      for (const line of again.stdout.trim().split('\n')) expect(line).toMatch(/ unchanged$/);
      const served = await cluster().kubectl(['apply', '--server-side', '--force-conflicts', '-f', crdFolder]);
      expect([served.code, served.stderr]).toEqual([0, '']);
    });

    test('names, short names, categories and explanations are those that users type', async () => {
      const { stdout } = await cluster().kubectl(['api-resources', '--categories=istio-io', '--no-headers']);
      const shown = stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).slice(0, -3).join(' '));
      const ofIstio = kinds.filter((kind) => kind.group !== 'outrigger.io');
      expect(shown.sort()).toEqual(
        ofIstio.map((kind) => [kind.plural, kind.shortNames.join()].join(' ').trim()).sort(),
      );
      const explained = await cluster().kubectl(['explain', 'vs.spec.http.retries.attempts']);
      expect(explained.stdout).toMatch(/FIELD: attempts <integer>/);
    });

    test.skipIf(examples.length === 0).each(examples)(
      '$file is taken unmodified and read back by each version',
      async (example) => {
        const args = ['--namespace', namespaceOf(example), '-f', example.path];
        const applied = await cluster().kubectl(['apply', '--validate=strict', ...args]);
        expect([applied.code, applied.stderr]).toEqual([0, '']);
        for (const object of example.objects) {
          for (const read of await readBack(object, namespaceOf(example))) {
            expect(read.spec).toEqual(object.spec);
            const errors = validate(read).problems.filter((problem) => problem.severity === 'error');
            expect(errors).toEqual([]);
          }
        }
        await cluster().kubectl(['delete', ...args]);
      },
    );

    const namespaceOf = ({ objects }: Example) => objects[0]?.metadata?.namespace ?? 'crds-examples';

    async function readBack(object: ApiObject, namespace: string): Promise<ApiObject[]> {
      const definition = definitionOf(object);
      const name = object.metadata?.name ?? '';
      const paths = (definition?.versions ?? []).map(
        (version) => `/apis/${definition?.group}/${version}/namespaces/${namespace}/${definition?.plural}/${name}`,
      );
      return Promise.all(paths.map((path) => cluster().api.must('GET', path)));
    }

    const pathOf = (kind: string) => {
      const found = kinds.find((candidate) => candidate.kind === kind);
      return `/apis/${found?.group}/v1/namespaces/crds/${found?.plural}`;
    };
    const post = (kind: string, spec: unknown, name = 'x') => {
      const found = kinds.find((candidate) => candidate.kind === kind);
      const body = { apiVersion: `${found?.group}/v1`, kind, metadata: { name }, spec };
      return cluster().api.call('POST', `${pathOf(kind)}?fieldValidation=Strict`, { body });
    };

    test('fields that are not known are kept at every depth, so that we can tell of them', async () => {
      const spec = {
        hosts: ['a'],
        gatways: ['b'],
        http: [{ route: [{ destination: { host: 'a', sbset: 'v1' } }], retries: { attempts: 1, budget: { x: 1 } } }],
      };
      const made = await post('VirtualService', spec, 'unknown');
      expect([made.status, made.body.spec]).toEqual([201, spec]);
      const read = await cluster().api.must('GET', `${pathOf('VirtualService')}/unknown`);
      expect(validate(read).problems.map(({ severity, path }) => [severity, path])).toEqual([
        ['warning', 'spec.http[0].route[0].destination.sbset'],
        ['warning', 'spec.http[0].retries.budget'],
        ['warning', 'spec.gatways'],
      ]);
    });

    test.each([
      ['VirtualService', { hosts: 'a' }, 'spec.hosts'],
      [
        'VirtualService',
        { http: [{ route: [{ destination: { host: 'a' }, weight: '5' }] }] },
        'spec.http[0].route[0].weight',
      ],
      ['VirtualService', { http: [{ route: [{ weight: 5 }] }] }, 'spec.http[0].route[0].destination'],
      ['VirtualService', { http: [{ match: [{ uri: { exact: 'a', prefix: 'b' } }] }] }, 'spec.http[0].match[0].uri'],
      [
        'VirtualService',
        { http: [{ match: [{ headers: { a: { exact: 1 } } }] }] },
        'spec.http[0].match[0].headers.a.exact',
      ],
      [
        'DestinationRule',
        { host: 'a', trafficPolicy: { loadBalancer: { simple: 'ROBIN' } } },
        'spec.trafficPolicy.loadBalancer.simple',
      ],
      ['DestinationRule', {}, 'spec.host'],
      [
        'Gateway',
        { servers: [{ hosts: ['a'], port: { number: 65_536, name: 'a', protocol: 'HTTP' } }] },
        'spec.servers[0].port.number',
      ],
      ['ServiceEntry', { hosts: ['a'], resolution: 'dns' }, 'spec.resolution'],
      ['Sidecar', { egress: [{ hosts: './*' }] }, 'spec.egress[0].hosts'],
      ['PeerAuthentication', { mtls: { mode: 'strict' } }, 'spec.mtls.mode'],
      [
        'AuthorizationPolicy',
        { rules: [{ to: [{ operation: { ports: [80] } }] }] },
        'spec.rules[0].to[0].operation.ports[0]',
      ],
    ])('%s %j is refused at %s', async (kind, spec, path) => {
      const { status, body } = await post(kind, spec);
      expect(status).toBe(422);
      expect(body.message).toContain(path);
      expect(body.message).not.toContain('x-kubernetes');
    });

    test('columns show what users look for', async () => {
      await post('VirtualService', { hosts: ['shown.example'], gateways: ['gw'], http: [] }, 'shown');
      await post('Gateway', { servers: [] }, 'shown');
      const show = async (kind: string) =>
        (await cluster().kubectl(['get', kind, '-n', 'crds', 'shown'])).stdout
          .split('\n')
          .map((line) => line.split(/\s{2,}/));
      const [head, row] = await show('vs');
      expect(head).toEqual(['NAME', 'GATEWAYS', 'HOSTS', 'AGE']);
      expect(row?.slice(0, 3)).toEqual(['shown', '["gw"]', '["shown.example"]']);
      expect((await show('gw'))[0]).toEqual(['NAME', 'AGE']);
    });
  });
}
