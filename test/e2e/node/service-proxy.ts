import type { JsonObject } from '../../../src/model/json.ts';
import { textAt, valueAt } from '../../../src/playground/cluster/json-reading.ts';
import type { DnsServer } from '../../../src/playground/dns/dns-server.ts';
import type { NodeNetwork } from '../../../src/playground/network/node-network.ts';
import type { ApiClient } from '../../cluster/api.ts';
import type { Followed } from './follow.ts';
import { viewOf } from './service-view.ts';

/** Several changes at once make one table of rules. */
const quietMs = 20;

export interface ServiceProxyOptions {
  readonly network: NodeNetwork;
  readonly dns: DnsServer;
  readonly api: ApiClient;
  readonly domain: string;
  readonly problems: string[];
}

export interface ServiceProxy {
  /** Something of services or slices is another. */
  schedule(): void;
  follow(services: Followed, slices: Followed): void;
}

/** kube-proxy, DNS, and the controller that gives addresses to services of type LoadBalancer. */
export function startServiceProxy({ network, dns, api, domain, problems }: ServiceProxyOptions): ServiceProxy {
  let applied = '';
  let around: readonly [Followed, Followed] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let applying = false;
  const apply = async (): Promise<void> => {
    timer = undefined;
    if (around === undefined || applying) return;
    applying = true;
    const [services, slices] = around;
    const { rules, zone } = viewOf(services.objects.values(), slices.objects.values(), domain);
    dns.setZone(zone);
    const text = JSON.stringify(rules);
    if (text !== applied) {
      applied = text;
      await network.applyServices(rules).catch((error: unknown) => problems.push(String(error)));
    }
    applying = false;
    for (const service of services.objects.values()) await balance(api, service);
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => {
      if (applying) {
        timer = undefined;
        schedule();
      } else void apply();
    }, quietMs);
    timer.unref();
  };
  return {
    schedule,
    follow: (services: Followed, slices: Followed): void => {
      around = [services, slices];
      schedule();
    },
  };
}

/** The address in the cluster stands for that of the cloud: this machine reaches it. */
async function balance(api: ApiClient, service: JsonObject): Promise<void> {
  if (textAt(service, 'spec', 'type') !== 'LoadBalancer') return;
  const ingress = valueAt(service, 'status', 'loadBalancer', 'ingress');
  if (Array.isArray(ingress) && ingress.length > 0) return;
  const [namespace, name] = [textAt(service, 'metadata', 'namespace'), textAt(service, 'metadata', 'name')];
  const body = { status: { loadBalancer: { ingress: [{ ip: textAt(service, 'spec', 'clusterIP') }] } } };
  const path = `/api/v1/namespaces/${namespace}/services/${name}/status`;
  await api.call('PATCH', path, { body, contentType: 'application/merge-patch+json' }).catch(() => undefined);
}
