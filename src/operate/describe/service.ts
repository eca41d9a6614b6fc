import type { Service } from '../../model/service.ts';
import { hasLabels } from '../../policy/client.ts';
import type { MergedRule, Subset } from '../../policy/destination-rule/merge.ts';
import { findRule, indexRules } from '../../policy/destination-rule/select.ts';
import { hostCovers, resolveHost } from '../../policy/hosts.ts';
import { holdsInMesh, hostsOfVirtualServices } from '../../policy/virtual-service/select.ts';
import { isVisible } from '../../policy/visibility.ts';
import { type Block, type Description, plural, shortOrigin } from './block.ts';
import { gatewaysInWords } from './gateways.ts';
import { routesInWords } from './routes.ts';
import type { SecurityInputs } from './security.ts';

/** A service as pods of its own namespace call it, without labels that rules may look at. */
export function describeService(inputs: SecurityInputs, service: Service): Description {
  const rule = ruleFor(inputs, service);
  const parts = [portsOf(inputs, service), ruleOf(inputs, service, rule), routesOf(inputs, service, rule)];
  const gateways = gatewaysInWords(inputs.snapshot, service.hostname, inputs.settings.domainSuffix);
  const outside = gateways.length === 0 ? [] : ['From outside:', ...gateways.map((line) => `   ${line}`)];
  return {
    blocks: [
      {
        title: `Service ${service.name}.${service.namespace} (${service.hostname})`,
        lines: [...parts.flatMap(({ lines }) => lines), ...outside],
      },
    ],
    warnings: parts.flatMap(({ warnings }) => warnings),
  };
}

interface Part {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

function portsOf({ snapshot, modes }: SecurityInputs, service: Service): Part {
  const endpoints = snapshot.endpoints.get(service.id) ?? [];
  const warnings: string[] = [];
  const lines = service.ports.map((port) => {
    const own = endpoints.filter(({ servicePort }) => servicePort === port.name);
    const ready = own.filter(({ health }) => health === 'ready');
    const where = `${service.name}.${service.namespace} port ${port.number}`;
    if (own.length === 0) warnings.push(`${where} has nothing behind it: requests get 503`);
    if (port.protocol === 'auto')
      warnings.push(
        `${where}${port.name === '' ? '' : ` ("${port.name}")`} does not say its protocol: it is found out from each connection; name it http-…, grpc-… or tcp-…, or set appProtocol`,
      );
    const found = new Set(
      own.map(({ meshed, namespace, labels, port: target }) => {
        if (!meshed) return 'none (no proxy)';
        const { mode, ports } = modes.forWorkload(namespace, labels);
        return (ports.get(target) ?? mode).toUpperCase();
      }),
    );
    const mtls = found.size === 0 ? '' : `, mTLS ${[...found].sort().join(' / ')}`;
    return `Port ${port.number} ${port.name} (${port.protocol}) to ${port.targetPort}: ${ready.length} of ${plural(own.length, 'endpoint')} ready${mtls}`;
  });
  return { lines, warnings };
}

function ruleFor({ snapshot, settings }: SecurityInputs, { hostname, namespace }: Service): MergedRule | undefined {
  const client = { namespace, labels: {} };
  const query = { host: hostname, owner: namespace, client, rootNamespaces: settings.rootNamespaces };
  return findRule(indexRules(snapshot.destinationRules, settings.domainSuffix), query);
}

/** Pods behind a service that a subset takes. */
function podsOf({ snapshot }: SecurityInputs, service: Service, { labels = {} }: Subset): string[] {
  const endpoints = snapshot.endpoints.get(service.id) ?? [];
  const own = endpoints.filter((endpoint) => endpoint.workload !== '' && hasLabels(endpoint.labels, labels));
  return [...new Set(own.map(({ workload }) => workload))].sort();
}

function labelsInWords({ labels = {} }: Subset): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function ruleOf(inputs: SecurityInputs, service: Service, rule: MergedRule | undefined): Part {
  if (rule === undefined) return { lines: ['DestinationRule: none'], warnings: [] };
  const from = rule.origins.map(shortOrigin).join(', ');
  const subsets = rule.subsets.map((subset) => {
    const own = podsOf(inputs, service, subset);
    return `   Subset ${subset.name} (${labelsInWords(subset)}): ${own.length === 0 ? 'EMPTY' : own.join(', ')}`;
  });
  const policy = Object.keys(rule.trafficPolicy ?? {});
  const what = policy.length === 0 ? 'no traffic policy' : policy.join(', ');
  const tls = rule.trafficPolicy?.tls?.mode;
  return { lines: [`${from}: ${what}${tls === undefined ? '' : ` (TLS ${tls})`}`, ...subsets], warnings: [] };
}

function routesOf(inputs: SecurityInputs, service: Service, rule: MergedRule | undefined): Part {
  const { snapshot, settings } = inputs;
  const { domainSuffix } = settings;
  const { hostname, namespace } = service;
  const seen = snapshot.virtualServices.filter(
    (config) => holdsInMesh(config) && isVisible(config.spec.exportTo ?? [], config.namespace, namespace),
  );
  const inForce = hostsOfVirtualServices(seen, domainSuffix).find(hostname);
  if (inForce === undefined) return { lines: ['VirtualService: none, requests go to all of its pods'], warnings: [] };
  const hidden = seen.filter(
    (config) =>
      config !== inForce &&
      (config.spec.hosts ?? []).some((host) => hostCovers(resolveHost(host, config.namespace, domainSuffix), hostname)),
  );
  const routes = inForce.spec.http ?? [];
  const named = new Set(
    routes
      .flatMap(({ route = [] }) => route.flatMap(({ destination }) => destination))
      .flatMap((one) =>
        resolveHost(one.host, inForce.namespace, domainSuffix) === hostname && one.subset !== undefined
          ? [one.subset]
          : [],
      ),
  );
  const where = shortOrigin(inForce.origin);
  const lost = [...named].flatMap((name) => {
    const subset = rule?.subsets.find((one) => one.name === name);
    if (subset === undefined)
      return [`${where} leads to subset ${name}, which no DestinationRule of ${hostname} has: requests get 503`];
    if (podsOf(inputs, service, subset).length > 0) return [];
    return [`${where} leads to subset ${name}, which is empty (no pod has ${labelsInWords(subset)}): requests get 503`];
  });
  return {
    lines: [`${shortOrigin(inForce.origin)}:`, ...routesInWords(inForce.spec).map((line) => `   ${line}`)],
    warnings: [
      ...hidden.map(
        (config) =>
          `${shortOrigin(config.origin)} is for ${hostname}, too, and not in force: ${shortOrigin(inForce.origin)} is older or more exact`,
      ),
      ...lost,
    ],
  };
}

export function blocksOf(descriptions: readonly Description[]): Block[] {
  return descriptions.flatMap(({ blocks }) => blocks);
}
