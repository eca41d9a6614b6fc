import { OutriggerError } from '../errors.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { InstallCluster } from './cluster.ts';
import { numberAt, textAt } from './fields.ts';
import { collectionPath } from './object-path.ts';

export const leaseName = 'outrigger-install';
const leaseSeconds = 30;
const renewMs = 10_000;

export interface HeldLease {
  /** Throws OR2506 once somebody else has taken it, as after a sleep of this machine: what follows is theirs to do. */
  check(): void;
  /** Lets the next one in. Never rejects. */
  release(): Promise<void>;
}

/**
 * Two people who install or uninstall at once would leave two halves: the second is told who the first is. A lease that its holder has
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
  let taken: OutriggerError | undefined;
  const renew = async (): Promise<void> => {
    try {
      lease = await cluster.replace(path, { ...lease, spec: { ...specOf(lease), renewTime: microTime(now()) } });
    } catch (error) {
      // No answer is no loss: the next renewal comes before the lease is over, or finds that somebody has it.
      if (!(error instanceof OutriggerError) || error.code !== 'OR2505') return;
      const there = await cluster.get(path).catch(() => undefined);
      if (textAt(there, 'spec', 'holderIdentity') !== holder) taken = busy(there);
      // A renewal whose answer was lost: it was ours.
      else if (there !== undefined) lease = there;
    }
  };
  const timer = setInterval(() => void renew(), renewMs);
  timer.unref();
  return {
    check: () => {
      if (taken !== undefined) throw taken;
      if (isOver(lease, now())) throw busy(undefined);
    },
    release: async () => {
      clearInterval(timer);
      // Under the version that is ours: the lease of whoever took it over stays.
      const version = textAt(lease, 'metadata', 'resourceVersion');
      if (taken === undefined) await cluster.remove(path, { resourceVersion: version }).catch(() => undefined);
    },
  };
}

function specOf(lease: JsonObject): JsonObject {
  return isObject(lease['spec']) ? lease['spec'] : {};
}

/** MicroTime: six digits behind the second. */
function microTime(time: Date): string {
  return time.toISOString().replace('Z', '000Z');
}

function leaseOf(holder: string, now: Date, resourceVersion: string | undefined): object {
  const time = microTime(now);
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
  return new OutriggerError(
    'OR2506',
    `${who} changes the installation since ${textAt(lease, 'spec', 'acquireTime') || 'just now'}`,
  );
}
