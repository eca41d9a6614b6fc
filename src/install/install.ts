import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { type Applied, applyPart } from './apply-part.ts';
import { awaitPart } from './await-part.ts';
import { buildManifests } from './build-manifests.ts';
import type { InstallCluster } from './cluster.ts';
import { textAt } from './fields.ts';
import { inTheMiddle } from './in-the-middle.ts';
import { type HeldLease, holdLease } from './install-lease.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { Draft, ManifestOptions } from './manifest-options.ts';
import { complete } from './manifest-options.ts';
import { collectionPath, objectPath, titleOf } from './object-path.ts';
import { type Part, partsOf } from './parts.ts';
import type { Progress } from './progress.ts';
import { refuseWithout, rightsFor } from './rights.ts';
import { surplusOf } from './surplus.ts';
import { ownWebhooks, tagsOf } from './tags.ts';
import type { FoundObject } from './uninstall-plan.ts';
import { foreignClaims } from './webhook-claims.ts';

export interface InstallOptions {
  readonly cluster: InstallCluster;
  /** Without `caPem` the root of the webhook is made, or taken from its Secret. */
  readonly draft: Draft;
  /** The roots in their Secrets, which are made where they are missing. */
  readonly roots: {
    webhook(now: Date): Promise<{ readonly certificatePem: string }>;
    mesh(now: Date): Promise<unknown>;
  };
  readonly holder: string;
  readonly force: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly now: () => Date;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const mostSkewMs = 3_600_000;
const toldSkewMs = 60_000;

/** What is known before anything is changed. */
export interface Before {
  readonly plan: ManifestOptions;
  readonly objects: readonly KubernetesObject[];
  readonly skewMs: number;
  /** What goes, as these options have it no more. */
  readonly lost: readonly FoundObject[];
}

/**
 * Everything that is looked at before anything is changed. Tags that nobody names stay as they are. Throws OR1630, OR2503, OR2504,
 * OR2514.
 */
export async function beforeInstall(
  options: Pick<InstallOptions, 'cluster' | 'draft' | 'onProgress' | 'now'>,
): Promise<Before> {
  const { cluster, draft, onProgress, now } = options;
  const skewMs = await clockSkew(cluster, now);
  if (Math.abs(skewMs) > mostSkewMs) throw new OutriggerError('OR2514', sayable(skewMs));
  if (Math.abs(skewMs) > toldSkewMs) onProgress({ kind: 'warning', text: `The clocks disagree: ${sayable(skewMs)}` });
  const fresh = complete({ ...draft, caPem: draft.caPem ?? '' });
  const planned = buildManifests(fresh);
  await refuseWithout(cluster, rightsFor(planned, fresh.namespace, fresh.gateways.namespace));
  const tags = draft.tags ?? tagsOf(await ownWebhooks(cluster, fresh.namespace), fresh.revision);
  const plan = { ...fresh, tags };
  await refuseClaims(cluster, plan);
  const objects = buildManifests(plan);
  const lost = await surplusOf(cluster, objects, plan);
  if (lost === undefined)
    onProgress({ kind: 'warning', text: 'Whether something of other options is left was not looked at: no right to' });
  return { plan, objects, skewMs, lost: lost ?? [] };
}

/** Throws OR1630, OR2503, OR2505–OR2508, OR2511, OR2513, and what the roots throw. */
export async function install(options: InstallOptions, before: Before): Promise<void> {
  const { cluster, draft, signal, onProgress, roots, now } = options;
  const { plan, objects: planned, skewMs, lost } = before;
  const serverNow = () => new Date(now().getTime() - skewMs);
  const done: string[] = [];
  const told = (title: string, applied?: Applied) => {
    done.push(title);
    onProgress({ kind: 'done', title, ...(applied === undefined ? {} : { applied }) });
  };
  let lease: HeldLease | undefined;
  const goOn = () => {
    if (signal.aborted) throw new OutriggerError('OR2508', 'it was interrupted');
    lease?.check();
  };
  const applying = { force: options.force, goOn };
  try {
    // The namespaces first: lease and roots are in one of them.
    const [namespaces] = partsOf(planned);
    if (namespaces !== undefined) {
      await awaitEnds(options, namespaces, goOn);
      told(namespaces.title, await applyPart(cluster, namespaces, applying));
    }
    lease = await holdLease(cluster, { namespace: plan.namespace, holder: options.holder, now: serverNow });
    try {
      const caPem = draft.caPem ?? (await roots.webhook(serverNow())).certificatePem;
      await roots.mesh(serverNow());
      told('Certificates');
      for (const part of partsOf(buildManifests({ ...plan, caPem })).slice(1))
        told(part.title, await applyAndAwait(part, plan, options, applying));
      // Last, so that what takes the place of it is there.
      for (const object of lost) await cluster.remove(objectPath(object));
      if (lost.length > 0) told(`Removed, as these options have it no more: ${lost.map(titleOf).join(', ')}`);
    } finally {
      await lease.release();
    }
  } catch (error) {
    throw inTheMiddle(error, done);
  }
}

async function applyAndAwait(
  part: Part,
  plan: ManifestOptions,
  options: InstallOptions,
  applying: { readonly force: boolean; readonly goOn: () => void },
): Promise<Applied> {
  const applied = await applyPart(options.cluster, part, applying);
  const outside = plan.webhookUrl !== '';
  const kinds = part.objects.map(({ kind }) => kind);
  // A control plane beside the cluster is started by somebody else, after this.
  const skipped = !options.wait || (outside && !kinds.includes('CustomResourceDefinition'));
  if (!skipped) await awaitPart({ ...options, part, plan, goOn: applying.goOn });
  return applied;
}

/** A namespace that an uninstallation has just given up can be made anew when it is gone. */
async function awaitEnds(options: InstallOptions, { title, objects }: Part, goOn: () => void): Promise<void> {
  const deadline = options.now().getTime() + options.timeoutMs;
  for (const object of objects) {
    while (textAt(await options.cluster.get(objectPath(object)), 'status', 'phase') === 'Terminating') {
      goOn();
      const problem = `${object.metadata.name} is being deleted`;
      if (options.now().getTime() > deadline) throw new OutriggerError('OR2507', problem);
      options.onProgress({ kind: 'waiting', title, problem });
      await options.sleep(500);
    }
  }
}

async function refuseClaims(cluster: InstallCluster, plan: ManifestOptions): Promise<void> {
  const configurations: JsonObject[] = await cluster.list(collectionPath('MutatingWebhookConfiguration'));
  const [claim, ...more] = foreignClaims(configurations, plan);
  if (claim === undefined) return;
  const others = more.length === 0 ? '' : `, and ${more.map(({ name }) => name).join(', ')}`;
  throw new OutriggerError('OR2504', `${claim.name} (${claim.owner}) has the pods of ${claim.label}${others}`);
}

/** How far our clock is ahead of the API server's, in milliseconds. */
export async function clockSkew(cluster: Pick<InstallCluster, 'serverTime'>, now: () => Date): Promise<number> {
  const before = now().getTime();
  const server = await cluster.serverTime();
  if (server === undefined) return 0;
  const middle = (before + now().getTime()) / 2;
  const skew = middle - server.getTime();
  // The header has whole seconds.
  return Math.abs(skew) < 2000 ? 0 : skew;
}

export function sayable(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const much =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`;
  return `this machine is ${much} ${skewMs > 0 ? 'ahead of' : 'behind'} the API server`;
}
