import { EventEmitter } from 'node:events';
import { loggerTo } from '../../src/telemetry/logger.ts';
import { AdsServer } from '../../src/wire/ads-server.ts';
import { Ledger } from '../../src/wire/ledger.ts';
import { ServingCertificate } from '../../src/wire/serving-certificate.ts';
import type { NodeClaims, ProvenPeer } from '../../src/wire/session.ts';
import { noMetrics } from '../../src/wire/wire-metrics.ts';
import { encodeResource } from '../../src/xds/encode/encode-resource.ts';
import type {
  EncodedResource,
  Message,
  ProxyResources,
  ResourceSet,
  XdsResource,
  XdsType,
} from '../../src/xds/resource.ts';
import type { TestCertificate } from './test-certificates.ts';

export type Made = Partial<Record<XdsType, Readonly<Record<string, Message>>>>;

export interface HandMade {
  readonly wildcard?: Made;
  readonly named?: Made;
  /** Virtual hosts by what is asked for. */
  readonly onDemand?: (type: XdsType, name: string) => XdsResource | undefined;
}

export interface SentLine {
  readonly type: XdsType;
  readonly resources: number;
}

/** Our server over resources that a test writes by hand. */
export interface WirePlane {
  readonly port: number;
  readonly server: AdsServer;
  readonly ledger: Ledger;
  readonly credentials: ServingCertificate;
  readonly claims: NodeClaims[];
  readonly tokens: string[];
  /** Responses, in order. */
  readonly sent: SentLine[];
  readonly rejected: XdsType[];
  readonly log: string[];
  readonly set: (resources: HandMade) => void;
  readonly stop: () => Promise<void>;
}

const none: ResourceSet = new Map();
const remembered = new Map<string, EncodedResource>();

export function encoded(type: XdsType, name: string, message: Message): EncodedResource {
  const key = JSON.stringify([type, name, message]);
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const origins = [{ kind: 'Test', namespace: 'shop', name: `from-${name}` }];
  const eds = message['type'] === 'EDS' ? { edsName: name } : {};
  const made = encodeResource({ type, name, message, origins, ...eds });
  remembered.set(key, made);
  return made;
}

function resourcesOf({ wildcard = {}, named = {}, onDemand }: HandMade): ProxyResources {
  const encodeAll = (made: Made, type: XdsType): ResourceSet =>
    new Map(Object.entries(made[type] ?? {}).map(([name, message]) => [name, encoded(type, name, message)]));
  const types: XdsType[] = ['cluster', 'endpoint', 'listener', 'route', 'virtualHost', 'secret', 'extension'];
  const sets = new Map(types.map((type) => [type, encodeAll(wildcard, type)]));
  const byName = new Map(types.map((type) => [type, encodeAll(named, type)]));
  const asked = new Map<string, EncodedResource>();
  return {
    wildcard: (type) => sets.get(type) ?? none,
    named: (type, name) => {
      const found = sets.get(type)?.get(name) ?? byName.get(type)?.get(name) ?? asked.get(`${type} ${name}`);
      if (found !== undefined) return found;
      const made = onDemand?.(type, name);
      if (made === undefined) return undefined;
      const resource = encodeResource(made);
      asked.set(`${type} ${name}`, resource);
      return resource;
    },
  };
}

const clock = {
  now: () => Date.now(),
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export async function startWirePlane(
  identity: TestCertificate,
  listen: { readonly resources: HandMade; readonly port?: number; readonly expiresAt?: () => number },
): Promise<WirePlane> {
  let current = resourcesOf(listen.resources);
  const changes = new EventEmitter();
  changes.setMaxListeners(0);
  const claims: NodeClaims[] = [];
  const tokens: string[] = [];
  const sent: SentLine[] = [];
  const rejected: XdsType[] = [];
  const log: string[] = [];
  const logger = loggerTo({ write: (line) => log.push(line) }, 'info');
  const ledger = new Ledger(logger, clock.now);
  const peer: ProvenPeer = {
    namespace: 'shop',
    serviceAccount: 'app',
    pod: { name: 'app-1', uid: '1' },
    expiresAt: Date.now() + 3_600_000,
  };
  const server = new AdsServer({
    authenticator: {
      authenticate: async (token) => {
        tokens.push(token);
        return { ...peer, expiresAt: listen.expiresAt?.() ?? peer.expiresAt };
      },
    },
    sessions: {
      open: async (_, node) => {
        claims.push(node);
        return {
          proxy: 'shop/app-1',
          current: () => current,
          onChange: (listener) => {
            changes.on('change', listener);
            return () => changes.off('change', listener);
          },
          close: () => undefined,
        };
      },
    },
    clock,
    random: Math.random,
    ledger,
    metrics: {
      ...noMetrics,
      response: (type, resources) => sent.push({ type, resources }),
      rejection: (type) => rejected.push(type),
    },
    log: logger,
  });
  const credentials = new ServingCertificate(identity);
  const port = await server.listen({ host: '127.0.0.1', port: listen.port ?? 0 }, credentials);
  return {
    port,
    server,
    ledger,
    credentials,
    claims,
    tokens,
    sent,
    rejected,
    log,
    set: (resources) => {
      current = resourcesOf(resources);
      changes.emit('change');
    },
    stop: () => server.stop(1_000),
  };
}
