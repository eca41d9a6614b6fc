import { OutriggerError } from '../errors.ts';
import type { InstallCluster } from './cluster.ts';
import { textMapAt } from './fields.ts';
import type { ManifestOptions } from './manifest-options.ts';
import { collectionPath, objectPath, titleOf } from './object-path.ts';
import type { Part } from './parts.ts';
import { type PodTrouble, troubleOfPod } from './pod-trouble.ts';
import type { Progress } from './progress.ts';
import { whyNotReady } from './readiness.ts';
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

interface Problem {
  readonly text: string;
  readonly trouble?: PodTrouble | undefined;
}

const everyMs = 500;
/** A registry or a Secret may come late; a minute of the same is no accident. */
const patienceMs = 60_000;

/** Returns when all of a part is ready. Throws OR2507, OR2515 where waiting does not help, OR1630 and what `goOn` throws. */
export async function awaitPart(options: AwaitOptions): Promise<void> {
  const { part, timeoutMs, now, sleep, onProgress, goOn } = options;
  const deadline = now().getTime() + timeoutMs;
  let stuckSince: number | undefined;
  for (;;) {
    goOn();
    const problem = await whyNot(options);
    if (problem === undefined) return;
    const { text, trouble } = problem;
    onProgress({
      ...{ kind: 'waiting', title: part.title, problem: text },
      ...(trouble === undefined ? {} : { trouble: trouble.text }),
    });
    const time = now().getTime();
    stuckSince = trouble?.stuck === true ? (stuckSince ?? time) : undefined;
    if (stuckSince !== undefined && time - stuckSince > patienceMs) throw new OutriggerError('OR2515', text);
    if (time > deadline) throw new OutriggerError('OR2507', text);
    await sleep(everyMs);
  }
}

async function whyNot({ cluster, part, plan }: AwaitOptions): Promise<Problem | undefined> {
  for (const object of part.objects.filter(({ kind }) => awaited.includes(kind))) {
    if (object.kind === 'MutatingWebhookConfiguration') {
      const why = await whyNotInjected(cluster, { namespace: plan.gateways.namespace, revision: plan.revision });
      if (why !== undefined) return { text: why };
      continue;
    }
    const found = await cluster.get(objectPath(object));
    const why = found === undefined ? 'it is not there' : whyNotReady({ ...found, kind: object.kind });
    if (why === undefined) continue;
    const trouble = await troubleOf(cluster, object);
    return { text: `${titleOf(object)}: ${why}${trouble === undefined ? '' : `; ${trouble.text}`}`, trouble };
  }
  return undefined;
}

const awaited = ['CustomResourceDefinition', 'Deployment', 'MutatingWebhookConfiguration'];

/** What the pods of a Deployment say about themselves: first what does not go by itself. */
async function troubleOf(cluster: InstallCluster, object: Part['objects'][number]): Promise<PodTrouble | undefined> {
  if (object.kind !== 'Deployment') return undefined;
  const labels = Object.entries(textMapAt(object, 'spec', 'selector', 'matchLabels')).map((pair) => pair.join('='));
  const path = collectionPath('Pod', object.metadata.namespace);
  const pods = await cluster.list(path, { labelSelector: labels.join(',') });
  const troubles = pods.flatMap((pod) => troubleOfPod(pod) ?? []);
  return troubles.find(({ stuck }) => stuck) ?? troubles[0];
}
