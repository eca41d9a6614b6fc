import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { MeshComponent } from '../../src/app/mesh/mesh-component.ts';
import { LocalTokens } from '../../src/identity/tokens/local-tokens.ts';
import type { MeshRoot } from '../../src/identity/workload/mesh-root.ts';
import { defaultMeshSettings, type MeshSettings } from '../../src/model/mesh-settings.ts';
import type { ObjectChanges, ObjectSource } from '../../src/source/object-source.ts';
import { loggerTo } from '../../src/telemetry/logger.ts';
import { noMetrics } from '../../src/wire/wire-metrics.ts';
import { endpointSlice, meshObjects, proxyPod, weightRule } from './objects.ts';
import { answerQuestions, now } from './worker.ts';

/** The server of the benches: the real composition, with objects from memory and tokens of its own. */
const serverName = 'outrigger.outrigger-system.svc';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const tokens = new LocalTokens({ key: privateKey, now: Date.now });
const listeners = new Set<(changes: ObjectChanges) => void>();
let objects: ObjectChanges = { upserts: [], removals: [] };
let mesh: MeshComponent | undefined;
let root: MeshRoot | undefined;
let podsEach = 2;
let loop = monitorEventLoopDelay({ resolution: 1 });

const source: ObjectSource = {
  objectsSynced: true,
  onObjects: (listener) => {
    listener(objects);
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export interface StartOptions {
  readonly services: number;
  readonly proxies: number;
  /** Of each service; 2 without it. */
  readonly pods?: number;
  readonly settings: Partial<MeshSettings>;
}

export interface Started {
  readonly port: number;
  readonly rootPem: string;
  readonly serverName: string;
  readonly tokens: readonly string[];
}

async function start({ services, proxies, settings, pods = 2 }: StartOptions): Promise<Started> {
  podsEach = pods;
  objects = { upserts: meshObjects(services, pods), removals: [] };
  const logger = loggerTo({ write: (line: string) => void process.stderr.write(line) }, 'warn');
  mesh = new MeshComponent({
    place: { namespace: 'outrigger-system', name: 'one' },
    settings: { ...defaultMeshSettings, ...settings },
    discovery: {
      enabled: 'on',
      host: '127.0.0.1',
      port: 0,
      dnsPort: 0,
      plaintextPort: 0,
      plaintextPod: '',
      certificateHours: 24,
    },
    names: [serverName],
    onFault: (fault) => logger.error(fault),
    parts: {
      objects: source,
      authenticator: tokens,
      rootStore: {
        load: async () => root,
        save: async (made) => {
          root = made;
        },
      },
      rootPlace: 'memory',
    },
    metrics: noMetrics,
    logger,
  });
  await mesh.start(new AbortController().signal);
  const issued = Array.from({ length: proxies }, (_, index) => {
    const { namespace, name, serviceAccount } = proxyPod(index);
    return tokens.issue({ namespace, serviceAccount, pod: { name, uid: `uid-${index}-v1` } }, 3_600_000);
  });
  return { port: mesh.port, rootPem: mesh.rootsPem, serverName, tokens: issued };
}

function apply(changes: ObjectChanges): number {
  const at = now();
  for (const listener of listeners) listener(changes);
  return at;
}

export interface Usage {
  readonly rssMb: number;
  readonly collectedRssMb: number;
  readonly peakRssMb: number;
  readonly heapMb: number;
  readonly cpuSeconds: number;
  /** The longest that the event loop was blocked since `watch`. */
  readonly blockedMs: number;
}

function usage(): Usage {
  const blockedMs = loop.max / 1e6;
  const rssMb = inMb('VmRSS');
  const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
  collect();
  collect();
  const { user, system } = process.cpuUsage();
  return {
    rssMb,
    collectedRssMb: inMb('VmRSS'),
    peakRssMb: inMb('VmHWM'),
    heapMb: process.memoryUsage().heapUsed / 1e6,
    cpuSeconds: (user + system) / 1e6,
    blockedMs,
  };
}

function inMb(field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1]) / 1024;
}

answerQuestions({
  start,
  /** The answer is when it began. */
  weights: (weight: number) => apply({ upserts: [weightRule(weight)], removals: [] }),
  endpoints: (ready: 'one' | 'two') => apply({ upserts: [endpointSlice(1, ready, podsEach)], removals: [] }),
  watch: () => {
    loop.disable();
    loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
  },
  usage,
  /** Seconds of the processor so far. */
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  settled: () => mesh?.ledger.status().filter(({ settled }) => settled).length,
});
