import type { ClusterIR } from '../ir/types/cluster.ts';
import type { GatewayIR } from '../ir/types/gateway.ts';
import { rememberedBy } from '../model/remembered.ts';
import type { Snapshot, TlsSecret } from '../registry/snapshot.ts';
import type { EncodedResource, XdsResource } from '../xds/resource.ts';
import { certificateSecret, trustSecret } from '../xds/secrets/secrets.ts';
import type { Encoder } from './encoder.ts';

const scheme = 'kubernetes://';
const ofClients = '-cacert';

/** The secrets that a gateway's servers and clusters name: it gets no other, not even of its own namespace. */
export function secretsOfGateway({
  listeners,
  clusters,
}: Pick<GatewayIR, 'listeners' | 'clusters'>): ReadonlySet<string> {
  const served = listeners.flatMap(({ servers }) =>
    servers.flatMap(({ tls }) => (tls === undefined ? [] : [...tls.certificates, tls.ca])),
  );
  return new Set([...served, ...clusters.flatMap(credentialsOf)].filter((name) => name !== ''));
}

/** Those that rules name for the very pods that see these clusters. */
export function secretsOfSidecar(clusters: Iterable<ClusterIR>): ReadonlySet<string> {
  const meant = [...clusters].filter(({ tls }) => tls.kind === 'given' && tls.credentialForSidecars);
  return new Set(meant.flatMap(credentialsOf));
}

function credentialsOf({ tls }: ClusterIR): string[] {
  if (tls.kind !== 'given' || tls.credential === '') return [];
  const name = tls.credential.startsWith(scheme) ? tls.credential : `${scheme}${tls.credential}`;
  return [name, `${name}${ofClients}`];
}

export interface SecretQuery {
  /** `kubernetes://name`, `kubernetes://name-cacert` */
  readonly name: string;
  /** Of the proxy, proven by its token. */
  readonly namespace: string;
  readonly secrets: Snapshot['secrets'];
}

/** Secrets of Kubernetes as SDS resources, made once for each. */
export class KubernetesSecrets {
  readonly #encoder: Encoder;
  readonly #resources = rememberedBy((_: TlsSecret) => new Map<string, XdsResource>());

  constructor(encoder: Encoder) {
    this.#encoder = encoder;
  }

  /** Undefined while it is not there, or has not what is asked for: then its own connections fail and no others. */
  find({ name, namespace, secrets }: SecretQuery): EncodedResource | undefined {
    const plain = nameIn(name, namespace);
    if (plain === undefined) return undefined;
    const pair = secrets.get(`${namespace}/${plain}`);
    if (pair !== undefined && pair.certificate !== '')
      return this.#encode(pair, name, () =>
        certificateSecret(name, { chainPem: pair.certificate, keyPem: pair.key }, [pair.origin]),
      );
    if (!plain.endsWith(ofClients)) return undefined;
    const owner = secrets.get(`${namespace}/${plain.slice(0, -ofClients.length)}`);
    if (owner === undefined || owner.ca === '') return undefined;
    return this.#encode(owner, name, () => trustSecret(name, owner.ca, [owner.origin]));
  }

  #encode(secret: TlsSecret, name: string, make: () => XdsResource): EncodedResource | undefined {
    const known = this.#resources(secret);
    const resource = known.get(name) ?? make();
    known.set(name, resource);
    return this.#encoder.encode(resource);
  }
}

/** The name within the namespace; undefined for what is of another, or no Secret of Kubernetes. */
function nameIn(name: string, namespace: string): string | undefined {
  if (!name.startsWith(scheme)) return undefined;
  const rest = name.slice(scheme.length);
  const slash = rest.indexOf('/');
  if (slash < 0) return rest;
  return rest.slice(0, slash) === namespace ? rest.slice(slash + 1) : undefined;
}
