import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath, titleOf } from './object-path.ts';
import type { Part } from './parts.ts';
import type { Progress } from './progress.ts';
import { whyNotReady, whyPodWaits } from './readiness.ts';
import { whyNotInjected } from './webhook-probe.ts';

export interface AwaitOptions {
  readonly cluster: InstallCluster;
  readonly part: Part;
  readonly plan: ManifestOptions;
  readonly timeoutMs: number;
  readonly goOn: () => void;
  readonly onProgress: (progress: Progress) => void;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const everyMs = 500;

/** Returns when all of a part is ready. Throws OR2507, OR1630 and what `goOn` throws. */
export async function awaitPart(options: AwaitOptions): Promise<void> {
  const { part, timeoutMs, now, sleep, onProgress, goOn } = options;
  const deadline = now().getTime() + timeoutMs;
  for (;;) {
    goOn();
    const problem = await whyNot(options);
    if (problem === undefined) return;
    onProgress({ kind: 'waiting', title: part.title, problem });
    if (now().getTime() > deadline) throw new OutriggerError('OR2507', problem);
    await sleep(everyMs);
  }
}

async function whyNot({ cluster, part, plan }: AwaitOptions): Promise<string | undefined> {
  for (const object of part.objects.filter(({ kind }) => awaited.includes(kind))) {
    if (object.kind === 'MutatingWebhookConfiguration') {
      const why = await whyNotInjected(cluster, { namespace: plan.gateways.namespace, revision: plan.revision });
      if (why !== undefined) return why;
      continue;
    }
    const found = await cluster.get(objectPath(object));
    const why = found === undefined ? 'it is not there' : whyNotReady({ ...found, kind: object.kind });
    if (why !== undefined) return `${titleOf(object)}: ${why}${await ofPods(cluster, object)}`;
  }
  return undefined;
}

const awaited = ['CustomResourceDefinition', 'Deployment', 'MutatingWebhookConfiguration'];

/** What the pods of a Deployment say about themselves. */
async function ofPods(cluster: InstallCluster, object: Part['objects'][number]): Promise<string> {
  if (object.kind !== 'Deployment') return '';
  const app = textAt(object, 'spec', 'selector', 'matchLabels', 'app');
  const pods = await cluster.list(collectionPath('Pod', object.metadata.namespace), { labelSelector: `app=${app}` });
  const said = pods.flatMap((pod) => whyPodWaits(pod) ?? []);
  return said.length === 0 ? '' : `; ${said[0]}`;
}
