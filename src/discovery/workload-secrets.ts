import { fingerprintsOf } from '../identity/workload/certificate-facts.ts';
import type { CertificateKeeper, KeptCertificate } from '../identity/workload/certificate-keeper.ts';
import { encodeResource } from '../xds/encode/encode-resource.ts';
import type { EncodedResource } from '../xds/resource.ts';
import { certificateSecret, identitySecretName, rootSecretName, trustSecret } from '../xds/secrets/secrets.ts';
import type { ProxySecrets, SecretSource } from './discovery.ts';

/** What proxies trust. */
export interface RootsSource {
  readonly rootsPem: string;
  onChange(listener: () => void): () => void;
}

/** Roots change once in years; a proxy that has older ones than these is behind all the same. */
const rememberedRoots = 16;

/** The certificate of a workload and the roots of the mesh, renewed as long as its proxy is there. */
export class WorkloadSecrets implements SecretSource {
  readonly #keeper: Pick<CertificateKeeper, 'open'>;
  readonly #roots: RootsSource;
  readonly #federatedPem: string;
  readonly #issuers = new Map<string, string>();
  readonly #trusted = new Map<string, readonly string[]>();
  #trust: { readonly rootsPem: string; readonly resource: EncodedResource } | undefined;

  /** `federatedPem`: roots of others, which proxies trust besides. */
  constructor(keeper: Pick<CertificateKeeper, 'open'>, roots: RootsSource, federatedPem = '') {
    this.#keeper = keeper;
    this.#roots = roots;
    this.#federatedPem = federatedPem;
  }

  async open(identity: string): Promise<ProxySecrets> {
    return new Kept(await this.#keeper.open(identity), {
      trust: () => this.#trustNow(),
      onRoots: (listener) => this.#roots.onChange(listener),
      issuers: this.#issuers,
    });
  }

  /** Fingerprint of what signed the certificate that some proxy was sent under this version. */
  issuerOf(version: string): string | undefined {
    return this.#issuers.get(version);
  }

  /** Fingerprints of the roots of the mesh that proxies were sent under this version, sorted. */
  rootsOf(version: string): readonly string[] | undefined {
    return this.#trusted.get(version);
  }

  /** The same for all proxies. */
  #trustNow(): EncodedResource {
    const { rootsPem } = this.#roots;
    if (this.#trust?.rootsPem === rootsPem) return this.#trust.resource;
    const resource = encodeResource(trustSecret(rootSecretName, `${rootsPem}${this.#federatedPem}`));
    this.#trust = { rootsPem, resource };
    this.#trusted.set(resource.version, fingerprintsOf(rootsPem));
    const [oldest] = this.#trusted.keys();
    if (this.#trusted.size > rememberedRoots && oldest !== undefined) this.#trusted.delete(oldest);
    return resource;
  }
}

interface Shared {
  readonly trust: () => EncodedResource;
  readonly onRoots: (listener: () => void) => () => void;
  /** By version. */
  readonly issuers: Map<string, string>;
}

class Kept implements ProxySecrets {
  readonly #certificate: KeptCertificate;
  readonly #shared: Shared;
  /** Of the certificate in use and the one before it, which the proxy may still hold. */
  #versions: readonly string[] = [];
  #own: { readonly serial: string; readonly resource: EncodedResource } | undefined;
  #current: ReadonlyMap<string, EncodedResource> | undefined;

  constructor(certificate: KeptCertificate, shared: Shared) {
    this.#certificate = certificate;
    this.#shared = shared;
  }

  get current(): ReadonlyMap<string, EncodedResource> {
    const own = this.#ownNow();
    const trust = this.#shared.trust();
    const known = this.#current;
    if (known?.get(identitySecretName) === own && known.get(rootSecretName) === trust) return known;
    this.#current = new Map([
      [identitySecretName, own],
      [rootSecretName, trust],
    ]);
    return this.#current;
  }

  #ownNow(): EncodedResource {
    const { serial, issuer, certificateChainPem: chainPem, privateKeyPem: keyPem } = this.#certificate.current;
    if (this.#own?.serial === serial) return this.#own.resource;
    const resource = encodeResource(certificateSecret(identitySecretName, { chainPem, keyPem }));
    this.#own = { serial, resource };
    this.#shared.issuers.set(resource.version, issuer);
    const versions = [...this.#versions, resource.version];
    for (const old of versions.slice(0, -2)) this.#shared.issuers.delete(old);
    this.#versions = versions.slice(-2);
    return resource;
  }

  onChange(listener: () => void): () => void {
    const ends = [this.#certificate.onRenewed(listener), this.#shared.onRoots(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  close(): void {
    for (const version of this.#versions) this.#shared.issuers.delete(version);
    this.#certificate.close();
  }
}
