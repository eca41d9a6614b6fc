import { createServer } from 'node:https';
import { issueLeaf, makeRoot } from '../../src/identity/make-certificates.ts';
import type { ApiObject } from './api.ts';

/** A webhook that changes nothing and remembers which entry (the last part of its path) was called for which pod. */
export interface RecordingWebhook {
  readonly url: string;
  readonly caPem: string;
  readonly calls: ReadonlyMap<string, readonly string[]>;
  stop(): Promise<void>;
}

export async function startRecordingWebhook(host: string): Promise<RecordingWebhook> {
  const now = new Date();
  const root = await makeRoot(now);
  const leaf = await issueLeaf({ root, names: [host], now, lifetimeMs: 3_600_000 });
  const calls = new Map<string, string[]>();
  const server = createServer({ cert: leaf.chainPem, key: leaf.keyPem }, async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const review = JSON.parse(text) as { request: { uid: string; object: ApiObject } };
    const pod = review.request.object.metadata?.name ?? '';
    const entry = request.url?.split('?')[0]?.split('/').at(-1) ?? '';
    calls.set(pod, [...(calls.get(pod) ?? []), entry]);
    response.setHeader('content-type', 'application/json');
    const answer = { uid: review.request.uid, allowed: true };
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `https://${host}:${port}`,
    caPem: root.certificatePem,
    calls,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
