import { asOutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import { buildManifests } from '../build-manifests.ts';
import type { InstallCluster } from '../cluster.ts';
import { textAt } from '../fields.ts';
import { complete, type Draft, type ManifestOptions } from '../manifest-options.ts';
import { collectionPath } from '../object-path.ts';
import { apiChecks } from './api-checks.ts';
import { caBundleCheck, type Found, validity } from './certificate-checks.ts';
import { type CheckLine, failed, ok } from './check-line.ts';
import { chooseRevision, installedOptions } from './installed.ts';
import { objectChecks } from './object-checks.ts';
import { preChecks } from './pre-checks.ts';
import { runningChecks } from './running-checks.ts';

export interface CheckOptions {
  readonly cluster: InstallCluster;
  readonly namespace: string;
  readonly revision: string | undefined;
  readonly now: () => Date;
  /** The roots, as they are; throws where they cannot be used. */
  readonly roots: {
    webhook(): Promise<{ readonly certificatePem: string } | undefined>;
    mesh(): Promise<{ readonly certificatePem: string; readonly rootsPem: string } | undefined>;
  };
}

/** `outrigger check --pre`: what an installation would meet. Never throws a coded error. */
export async function checkBefore(
  { cluster, now }: Pick<CheckOptions, 'cluster' | 'now'>,
  draft: Draft,
): Promise<readonly CheckLine[]> {
  const { reached, lines } = await apiChecks(cluster, now);
  if (!reached) return lines;
  const plan = complete({ ...draft, caPem: draft.caPem ?? '' });
  return [...lines, ...(await within('pre-installation', () => preChecks(cluster, plan)))];
}

/** `outrigger check`, `verify-install`: what is installed, piece by piece. Never throws a coded error. */
export async function checkInstalled(options: CheckOptions): Promise<readonly CheckLine[]> {
  const { cluster, namespace, revision, now } = options;
  const { reached, lines } = await apiChecks(cluster, now);
  if (!reached) return lines;
  const found: ManifestOptions[] = [];
  const recorded = await within('installation', async () => {
    found.push(...chooseRevision(await installedOptions(cluster, namespace), revision, namespace));
    return [
      ok('installation', `Outrigger is installed in ${namespace} (${found.map((one) => one.revision).join(', ')})`),
    ];
  });
  const all = [...lines, ...recorded];
  for (const one of found) {
    const group = found.length === 1 ? 'objects' : `objects of ${one.revision}`;
    all.push(...(await within(group, () => objectChecks(cluster, buildManifests(one), group))));
    all.push(...(await within('running', () => runningChecks(cluster, one))));
  }
  return found.length === 0 ? all : [...all, ...(await within('certificates', () => ofCertificates(options, found)))];
}

async function ofCertificates(options: CheckOptions, installed: readonly ManifestOptions[]): Promise<CheckLine[]> {
  const { cluster, namespace, roots, now } = options;
  const time = now();
  const lines: CheckLine[] = [];
  if (installed.some(({ servingSecret }) => servingSecret === '')) {
    const root = await found(roots.webhook, ({ certificatePem }) => certificatePem);
    lines.push(validity('the root of the webhook', root, time, 'docs/security.md: "To replace the root"'));
    const labelSelector = `app=outrigger,outrigger.io/installation=${namespace}`;
    const webhooks: JsonObject[] = await cluster.list(collectionPath('MutatingWebhookConfiguration'), {
      labelSelector,
    });
    if (root !== undefined && 'pem' in root) lines.push(...webhooks.map((one) => caBundleCheck(one, root.pem)));
  }
  const rotate = '`outrigger root rotate` replaces it while requests go on';
  const mesh = await roots.mesh().catch((problem: unknown) => ({ problem }));
  const part = (key: 'rootsPem' | 'certificatePem'): Found =>
    mesh === undefined || 'problem' in mesh ? mesh : { pem: mesh[key] };
  lines.push(validity('the root of the mesh', part('rootsPem'), time, rotate));
  if (mesh !== undefined && 'rootsPem' in mesh) {
    if (mesh.certificatePem !== mesh.rootsPem)
      lines.push(validity('the issuer of the mesh', part('certificatePem'), time, rotate));
    lines.push(...(await ofTrust(cluster, namespace, mesh.rootsPem)));
  }
  return lines;
}

/** Whether pods are given the roots that there are now. */
async function ofTrust(cluster: InstallCluster, namespace: string, rootsPem: string): Promise<CheckLine[]> {
  const labelSelector = `outrigger.io/mesh-root-of=${namespace}`;
  const maps = await cluster.list(collectionPath('ConfigMap'), { labelSelector });
  const behind = maps
    .filter((map) => textAt(map, 'data', 'root-cert.pem').trim() !== rootsPem.trim())
    .map((map) => textAt(map, 'metadata', 'namespace'));
  const text = `the root of the mesh is in ${maps.length} namespaces`;
  if (behind.length === 0) return [ok('certificates', text)];
  return [
    failed('certificates', text, {
      reason: `another one is in ${behind.slice(0, 5).join(', ')}`,
      hint: 'the control plane puts it right when it runs; `outrigger root status` tells more',
    }),
  ];
}

async function found<T>(load: () => Promise<T | undefined>, pem: (root: T) => string): Promise<Found> {
  try {
    const root = await load();
    return root === undefined ? undefined : { pem: pem(root) };
  } catch (problem) {
    return { problem };
  }
}

/** A coded error is a failed line of its group; what nobody expected goes up. */
async function within(group: string, check: () => Promise<CheckLine[]>): Promise<CheckLine[]> {
  try {
    return await check();
  } catch (error) {
    const { code, detail, remedy } = asOutriggerError(error);
    if (code === 'OR1901') throw error;
    return [failed(group, 'it can be looked at', { reason: `${code} ${detail}`, hint: remedy })];
  }
}
