import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matchingEntries } from '../../../src/install/matching-entries.ts';
import { buildWebhookConfigurations, entriesFor } from '../../../src/install/webhook-configuration.ts';
import { waitFor } from '../child.ts';
import { inParallel, makeNamespace, podOf, podsPath } from '../fixtures.ts';
import type { Cluster } from '../harness.ts';
import { type RecordingWebhook, startRecordingWebhook } from '../recording-webhook.ts';

const inject = 'sidecar.istio.io/inject';
const linkerd = 'linkerd.io/inject';
const revision = 'istio.io/rev';
type Labels = Record<string, string>;
const optional = (key: string, value: string | undefined): Labels => (value === undefined ? {} : { [key]: value });

interface Try {
  readonly namespace: { name: string; labels: Labels };
  readonly view: { labels: Labels; annotations: Labels; hostNetwork: boolean };
}

function product<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  return left.flatMap((a) => right.map((b): [A, B] => [a, b]));
}

const revisions = [undefined, 'default', 'canary', 'other'];
/** The sixteen namespaces of Istio's table, and those that our mirror of linkerd.io/inject has marked. */
const namespaces = [
  ...product([undefined, 'enabled', 'disabled', 'other'], revisions).map(([injection, rev], index) => ({
    name: `match-${index}`,
    labels: { ...optional('istio-injection', injection), ...optional(revision, rev) },
  })),
  { name: 'match-linkerd', labels: { 'outrigger.io/linkerd-inject': 'enabled' } },
  { name: 'match-linkerd-off', labels: { 'outrigger.io/linkerd-inject': 'disabled' } },
];

const table: Try[] = product(namespaces.slice(0, 16), product([undefined, 'true', 'false', 'yes'], revisions)).map(
  ([namespace, [label, rev]]) => ({
    namespace,
    view: { labels: { ...optional(inject, label), ...optional(revision, rev) }, annotations: {}, hostNetwork: false },
  }),
);

/** Annotations where they matter: in a silent, an enabled and the mirrored namespaces. */
const annotated: Try[] = product(
  namespaces.filter(({ name }) => ['match-0', 'match-4', 'match-linkerd', 'match-linkerd-off'].includes(name)),
  product(
    product([undefined, '', 'true', 'yes'], [undefined, 'default']),
    product([undefined, '', 'true', 'false', 'True'], [undefined, 'enabled', 'ingress', 'disabled', 'yes']),
  ),
).flatMap(([namespace, [[label, rev], [annotation, linkerdValue]]]) =>
  [false, true].map((hostNetwork) => ({
    namespace,
    view: {
      labels: { ...optional(inject, label), ...optional(revision, rev) },
      annotations: { ...optional(inject, annotation), ...optional(linkerd, linkerdValue) },
      hostNetwork,
    },
  })),
);

const options = { revision: 'default', tags: [], namespace: 'outrigger-system', service: 'outrigger' };

/** The API server's own selectors and CEL against ours: each pod of the tables, tried as a dry run. */
export function matchingCases(cluster: () => Cluster): void {
  describe('which entries the API server calls', () => {
    let webhook: RecordingWebhook;
    beforeAll(async () => {
      webhook = await startRecordingWebhook(cluster().host);
      await Promise.all(namespaces.map(({ name, labels }) => makeNamespace(cluster(), name, { labels })));
    });
    afterAll(async () => {
      await webhook.stop();
      await Promise.all(namespaces.map(({ name }) => cluster().api.call('DELETE', `/api/v1/namespaces/${name}`)));
    });

    test.each([false, true])('with namespaces by default: %s', async (namespacesByDefault) => {
      const configurations = ['default', 'canary'].flatMap((name) =>
        buildWebhookConfigurations({
          ...{ ...options, revision: name, caPem: webhook.caPem, url: webhook.url, timeoutSeconds: 10 },
          namespacesByDefault: namespacesByDefault && name === 'default',
        }),
      );
      const prefix = namespacesByDefault ? 'a' : 'd';
      await install(cluster(), configurations, webhook, prefix);
      const tries = [...table, ...annotated].map((one, index) => ({ ...one, pod: `${prefix}-${index}` }));
      await inParallel(tries, 24, async ({ namespace, view, pod }) => {
        const answer = await cluster().api.call('POST', `${podsPath(namespace.name)}?dryRun=All`, {
          body: podOf({ name: pod, ...view }),
        });
        if (answer.status !== 201) throw new Error(`${pod}: ${answer.status} ${answer.body.message}`);
      });
      const entries = [
        ...entriesFor('default', { namespacesByDefault }).map((entry) => ({
          ...entry,
          prefix: `default.${entry.prefix}`,
        })),
        ...entriesFor('canary', { namespacesByDefault: false }).map((entry) => ({
          ...entry,
          prefix: `canary.${entry.prefix}`,
        })),
      ];
      const wrong = tries.flatMap(({ namespace, view, pod }) => {
        const wanted = matchingEntries(entries, namespace.labels, view).map((entry) => entry.prefix);
        const called = webhook.calls.get(pod) ?? [];
        return wanted.join() === called.join() ? [] : [{ labels: namespace.labels, view, wanted, called }];
      });
      expect(wrong).toEqual([]);
      expect(tries.length).toBeGreaterThan(1_800);
      for (const { metadata } of configurations)
        await cluster().api.must('DELETE', `${configurationsPath}/${metadata.name}`);
    });
  });
}

const configurationsPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** Creates them with a path per entry, and waits until the API server uses them. */
async function install(
  cluster: Cluster,
  configurations: ReturnType<typeof buildWebhookConfigurations>,
  webhook: RecordingWebhook,
  prefix: string,
): Promise<void> {
  for (const configuration of configurations) {
    const rev = configuration.metadata.labels?.['outrigger.io/rev'] ?? '';
    const webhooks = (configuration.webhooks as { name: string; clientConfig: { url: string } }[]).map((entry) => ({
      ...entry,
      clientConfig: {
        ...entry.clientConfig,
        url: `${entry.clientConfig.url}/${rev}.${entry.name.replace('.sidecar-injector.outrigger.io', '')}`,
      },
    }));
    await cluster.api.must('POST', configurationsPath, { ...configuration, webhooks });
  }
  let attempt = 0;
  await waitFor(
    async () => {
      const probes = ['default', 'canary'].map((rev) => ({ name: `${prefix}-probe-${rev}-${attempt}`, rev }));
      attempt++;
      for (const { name, rev } of probes) {
        const body = podOf({ name, labels: { [revision]: rev } });
        await cluster.api.call('POST', `${podsPath('match-0')}?dryRun=All`, { body });
      }
      return probes.every(({ name }) => webhook.calls.has(name)) || undefined;
    },
    { what: 'the API server to use the webhook configurations' },
  );
}
