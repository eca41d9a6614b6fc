import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import type { InstallCluster } from './cluster.ts';
import { numberAt, textAt } from './fields.ts';
import { collectionPath } from './object-path.ts';

export const leaseName = 'outrigger-install';
const leaseSeconds = 30;
const renewMs = 10_000;

export interface HeldLease {
  /** Lets the next one in. Never rejects. */
  release(): Promise<void>;
}

/**
 * Two people who install at once would apply two halves: the second is told who the first is. A lease that its holder has
 * not renewed for half a minute is taken over. `now` is the API server's time, so clocks of people do not matter.
 * Throws OR2506, OR1630.
 */
export async function holdLease(
  cluster: InstallCluster,
  options: { readonly namespace: string; readonly holder: string; readonly now: () => Date },
): Promise<HeldLease> {
  const { namespace, holder, now } = options;
  const collection = collectionPath('Lease', namespace);
  const path = `${collection}/${leaseName}`;
  const found = await cluster.get(path);
  if (found !== undefined && !isOver(found, now())) throw busy(found);
  let lease: JsonObject;
  try {
    lease =
      found === undefined
        ? await cluster.create(collection, leaseOf(holder, now(), undefined))
        : await cluster.replace(path, leaseOf(holder, now(), textAt(found, 'metadata', 'resourceVersion')));
  } catch (error) {
    if (!(error instanceof OutriggerError) || error.code !== 'OR2505') throw error;
    throw busy(await cluster.get(path));
  }
  const renew = async () => {
    lease = await cluster.replace(path, leaseOf(holder, now(), textAt(lease, 'metadata', 'resourceVersion')));
  };
  const timer = setInterval(() => void renew().catch(() => undefined), renewMs);
  timer.unref();
  return {
    release: async () => {
      clearInterval(timer);
      await cluster.remove(path).catch(() => undefined);
    },
  };
}

function leaseOf(holder: string, now: Date, resourceVersion: string | undefined): object {
  // MicroTime: six digits behind the second.
  const time = now.toISOString().replace('Z', '000Z');
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName,
      labels: { app: 'outrigger' },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { holderIdentity: holder, acquireTime: time, renewTime: time, leaseDurationSeconds: leaseSeconds },
  };
}

function isOver(lease: JsonObject, now: Date): boolean {
  const renewed = new Date(textAt(lease, 'spec', 'renewTime')).getTime();
  const seconds = numberAt(lease, 'spec', 'leaseDurationSeconds') || leaseSeconds;
  return Number.isNaN(renewed) || now.getTime() > renewed + seconds * 1000;
}

function busy(lease: JsonObject | undefined): OutriggerError {
  const who = textAt(lease, 'spec', 'holderIdentity') || 'somebody';
  return new OutriggerError('OR2506', `${who} installs since ${textAt(lease, 'spec', 'acquireTime') || 'just now'}`);
}
