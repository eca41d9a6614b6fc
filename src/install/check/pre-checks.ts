import { asOutriggerError, OutriggerError } from '../../errors.ts';
import { besideOthers } from '../apply-part.ts';
import { buildManifests } from '../build-manifests.ts';
import type { InstallCluster } from '../cluster.ts';
import type { ManifestOptions } from '../manifest-options.ts';
import { collectionPath, objectPath } from '../object-path.ts';
import { missingRights, nameOf, rightsFor } from '../rights.ts';
import { foreignClaims } from '../webhook-claims.ts';
import { type CheckLine, failed, ok } from './check-line.ts';
import { sharedGatewaysCheck } from './gateway-controller-check.ts';

const group = 'pre-installation';

/** Whether these options could be installed, by this person, now. Throws OR1630. */
export async function preChecks(cluster: InstallCluster, plan: ManifestOptions): Promise<CheckLine[]> {
  return [
    ...(await ofRights(cluster, plan)),
    ...(await guarded('no other webhook injects into the same namespaces', () => ofClaims(cluster, plan))),
    ...(await guarded('the kinds of the API are ours, or have the versions needed', () => ofKinds(cluster, plan))),
    ...(await sharedGatewaysCheck(cluster, group)),
  ];
}

async function ofRights(cluster: InstallCluster, plan: ManifestOptions): Promise<CheckLine[]> {
  const rights = rightsFor(buildManifests(plan), plan.namespace, plan.gateways.namespace);
  const missing = await missingRights(cluster, rights);
  if (missing.length === 0) return [ok(group, `you may do all that an installation needs (${rights.length} rights)`)];
  const hint = 'ask an administrator of the cluster for it';
  return missing.map((right) =>
    failed(group, `you may ${nameOf(right)}`, { reason: 'the API server denies it', hint }),
  );
}

async function ofClaims(cluster: InstallCluster, plan: ManifestOptions): Promise<void> {
  const [claim] = foreignClaims(await cluster.list(collectionPath('MutatingWebhookConfiguration')), plan);
  if (claim === undefined) return;
  throw new OutriggerError('OR2504', `${claim.name} (${claim.owner}) has the pods of ${claim.label}`);
}

async function ofKinds(cluster: InstallCluster, plan: ManifestOptions): Promise<void> {
  for (const object of buildManifests(plan).filter(({ kind }) => kind === 'CustomResourceDefinition'))
    besideOthers(object, await cluster.get(objectPath(object)));
}

/** What throws a coded error is a line that failed; without an answer nothing can be said at all. */
export async function guarded(text: string, check: () => Promise<void>, of = group): Promise<CheckLine[]> {
  try {
    await check();
    return [ok(of, text)];
  } catch (error) {
    const { code, detail, remedy } = asOutriggerError(error);
    if (code === 'OR1630' || code === 'OR1901') throw error;
    return [failed(of, text, { reason: `${code} ${detail}`, hint: remedy })];
  }
}
