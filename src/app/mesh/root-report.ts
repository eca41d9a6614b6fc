import { X509Certificate } from 'node:crypto';
import type { WorkloadSecrets } from '../../discovery/workload-secrets.ts';
import { asOutriggerError } from '../../errors.ts';
import type { AcknowledgedSecret, ProxyTrust, RootReport } from '../../identity/rotation/root-report.ts';
import { certificateFacts } from '../../identity/workload/certificate-facts.ts';
import type { WorkloadCa } from '../../identity/workload/workload-ca.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { Acknowledgement, Ledger } from '../../wire/ledger.ts';
import { identitySecretName, rootSecretName } from '../../xds/secrets/secrets.ts';

export interface RootReporterOptions {
  readonly instance: string;
  readonly authority: Pick<WorkloadCa, 'issuerPem' | 'rootsPem' | 'refresh'>;
  readonly ledger: Pick<Ledger, 'acknowledged'>;
  readonly secrets: Pick<WorkloadSecrets, 'issuerOf' | 'rootsOf'>;
  readonly snapshot: () => Snapshot;
  /** Chain of the port for proxies, PEM; undefined while it is not open. */
  readonly serving: () => string | undefined;
  readonly unpublished: () => readonly string[] | undefined;
  readonly now: () => number;
}

/** Whoever asks has the store looked at, though not more often than this. Milliseconds. */
const freshMs = 1000;

/** Tells how far this replica and its proxies have followed the root of the mesh. */
export class RootReporter {
  readonly #options: RootReporterOptions;
  #looked = Number.NEGATIVE_INFINITY;
  #looking: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(options: RootReporterOptions) {
    this.#options = options;
  }

  async report(): Promise<RootReport> {
    const { instance, authority, snapshot, serving, unpublished } = this.#options;
    const chain = serving();
    if (chain === undefined)
      return { instance, ready: false, roots: [], serving: '', unpublished: [], workloads: [], proxies: [] };
    const unread = await this.#look();
    const namespaces = unpublished();
    const problem = unread ?? (namespaces === undefined ? 'its ConfigMaps are not listed yet' : undefined);
    const [issuer] = certificateFacts(authority.issuerPem);
    return {
      instance,
      ready: true,
      ...(problem === undefined ? {} : { problem }),
      ...(issuer === undefined ? {} : { issuer }),
      roots: certificateFacts(authority.rootsPem),
      serving: isSignedBy(serving() ?? chain, authority.issuerPem) ? (issuer?.fingerprint ?? '') : '',
      unpublished: namespaces ?? [],
      workloads: [...running(snapshot().workloads), ...running(snapshot().machines)].sort(),
      machines: running(snapshot().machines).sort(),
      proxies: this.#proxies(),
    };
  }

  /** Why the store cannot be read; those who ask at the same time share one look. */
  #look(): Promise<string | undefined> {
    const { now, authority } = this.#options;
    if (now() < this.#looked + freshMs) return this.#looking;
    this.#looked = now();
    this.#looking = authority.refresh().then(
      () => undefined,
      (error: unknown) => asOutriggerError(error).message,
    );
    return this.#looking;
  }

  #proxies(): ProxyTrust[] {
    const { ledger, secrets } = this.#options;
    return ledger
      .acknowledged('secret', [rootSecretName, identitySecretName])
      .map(({ proxy, connectedAt, of: [roots, certificate] }) => ({
        proxy,
        connectedAt: new Date(connectedAt).toISOString(),
        roots: held(roots, (version) => secrets.rootsOf(version) ?? []),
        certificate: held(certificate, (version) => [secrets.issuerOf(version) ?? []].flat()),
      }))
      .sort((a, b) => (a.proxy < b.proxy ? -1 : 1));
  }
}

/** Of those that have a proxy and an address. */
function running(workloads: Snapshot['workloads']): string[] {
  return [...workloads.values()].filter(({ meshed, ips }) => meshed && ips.length > 0).map(({ id }) => id);
}

function held(
  secret: Acknowledgement | undefined,
  fingerprints: (version: string) => readonly string[],
): AcknowledgedSecret {
  const { state, version } = secret ?? { state: 'not asked for', version: '' };
  return { state, fingerprints: state === 'held' ? fingerprints(version) : [] };
}

function isSignedBy(chainPem: string, issuerPem: string): boolean {
  const issuer = new X509Certificate(issuerPem);
  const leaf = new X509Certificate(chainPem);
  return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
}
