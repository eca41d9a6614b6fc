import { type OutboundView, portsOfView } from '../ir/types/view.ts';
import type { Endpoint } from '../model/endpoint.ts';
import { calledAt, type Service } from '../model/service.ts';
import { HostIndex } from '../policy/hosts.ts';

/** What a name stands for: addresses of either family, or another name. */
export interface KnownName {
  readonly addresses: readonly string[];
  readonly alias?: string;
}

/** Of pods that are called by their own addresses. */
export interface KnownPods {
  /** Those of this moment, by `Service.id`. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** Whether the client can call it by its address: it may be of another network. */
  readonly reaches: (endpoint: Endpoint) => boolean;
}

export interface NameTableOptions {
  readonly view: OutboundView;
  /** Of the client. */
  readonly namespace: string;
  /** `cluster.local` */
  readonly domainSuffix: string;
}

/**
 * The names that a client can resolve, as in Istio's name table: hosts of its view in full, Services by their short forms
 * (`reviews`, `reviews.shop`, `reviews.shop.svc`), and hosts of ServiceEntries behind a search domain of the pod, which
 * resolvers try first: such a name is another one for the host. What has no address of its own is not in it.
 */
export class NameTable {
  readonly #hosts = new HostIndex<Service>();
  readonly #namespace: string;
  readonly #suffix: string;

  constructor({ view, namespace, domainSuffix }: NameTableOptions) {
    this.#namespace = namespace;
    this.#suffix = domainSuffix;
    for (const { service } of portsOfView(view)) {
      if (isCalledByName(service)) this.#hosts.add(service.hostname, service);
    }
  }

  /** `name` is in lower case, without the last dot. */
  find(name: string, pods: KnownPods): KnownName | undefined {
    const service = this.#inFull(name) ?? this.#short(name);
    if (service !== undefined) return known(service, pods);
    const stem = this.#beforeSearchDomain(name);
    return stem === undefined ? undefined : { addresses: [], alias: stem };
  }

  /** A wildcard of outside does not reach into the cluster's own names, which its DNS knows better. */
  #inFull(name: string): Service | undefined {
    return name.endsWith(`.${this.#suffix}`) ? this.#hosts.exact(name) : this.#hosts.find(name);
  }

  #short(name: string): Service | undefined {
    const labels = name.split('.');
    const [, , third] = labels;
    if (labels.length > 3 || (labels.length === 3 && third !== 'svc')) return undefined;
    const rest = [this.#namespace, 'svc', this.#suffix].slice(labels.length - 1);
    const service = this.#hosts.exact([name, ...rest].join('.'));
    return service?.registry === 'kubernetes' ? service : undefined;
  }

  #beforeSearchDomain(name: string): string | undefined {
    for (const domain of [`${this.#namespace}.svc.${this.#suffix}`, `svc.${this.#suffix}`, this.#suffix]) {
      if (!name.endsWith(`.${domain}`)) continue;
      const stem = name.slice(0, -domain.length - 1);
      if (this.#inFull(stem)?.registry === 'service-entry') return stem;
    }
    return undefined;
  }
}

function isCalledByName(service: Service): boolean {
  return service.aliasOf !== undefined || service.resolution === 'headless' || calledAt(service).length > 0;
}

/** As in Istio, of pods that are called by their own addresses those of other networks are not told: nothing leads there. */
function known(service: Service, { endpoints, reaches }: KnownPods): KnownName {
  if (service.aliasOf !== undefined) return { addresses: [], alias: service.aliasOf.toLowerCase() };
  if (service.resolution !== 'headless') return { addresses: calledAt(service) };
  const pods = (endpoints.get(service.id) ?? []).filter(
    (pod) => (pod.health === 'ready' || service.publishNotReady) && reaches(pod),
  );
  return { addresses: [...new Set(pods.map(({ address }) => address))] };
}
