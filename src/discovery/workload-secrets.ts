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

/** The certificate of a workload and the roots of the mesh, renewed as long as its proxy is there. */
export class WorkloadSecrets implements SecretSource {
  readonly #keeper: Pick<CertificateKeeper, 'open'>;
  readonly #roots: RootsSource;

  constructor(keeper: Pick<CertificateKeeper, 'open'>, roots: RootsSource) {
    this.#keeper = keeper;
    this.#roots = roots;
  }

  async open(identity: string): Promise<ProxySecrets> {
    return new Kept(await this.#keeper.open(identity), this.#roots);
  }
}

class Kept implements ProxySecrets {
  readonly #certificate: KeptCertificate;
  readonly #roots: RootsSource;
  #current:
    | { readonly serial: string; readonly rootsPem: string; readonly secrets: ReadonlyMap<string, EncodedResource> }
    | undefined;

  constructor(certificate: KeptCertificate, roots: RootsSource) {
    this.#certificate = certificate;
    this.#roots = roots;
  }

  get current(): ReadonlyMap<string, EncodedResource> {
    const { serial, certificateChainPem: chainPem, privateKeyPem: keyPem } = this.#certificate.current;
    const { rootsPem } = this.#roots;
    if (this.#current?.serial === serial && this.#current.rootsPem === rootsPem) return this.#current.secrets;
    const secrets = new Map([
      [identitySecretName, encodeResource(certificateSecret(identitySecretName, { chainPem, keyPem }))],
      [rootSecretName, encodeResource(trustSecret(rootSecretName, rootsPem))],
    ]);
    this.#current = { serial, rootsPem, secrets };
    return secrets;
  }

  onChange(listener: () => void): () => void {
    const ends = [this.#certificate.onRenewed(listener), this.#roots.onChange(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  close(): void {
    this.#certificate.close();
  }
}
