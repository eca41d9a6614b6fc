import { isObject, type JsonObject } from '../../model/json.ts';
import type { Container, HookHandler, HttpGetAction, Probe } from '../../model/pod.ts';
import type { AppProbe } from '../render/bootstrap-input.ts';

/** Istio's ISTIO_KUBE_APP_PROBERS: rewritten path to what it stands for; kept on the proxy as the record. */
export type ProberRecord = Readonly<Record<string, JsonObject>>;

const probeNames = { readinessProbe: 'readyz', livenessProbe: 'livez', startupProbe: 'startupz' } as const;
const hookNames = { preStop: 'prestopz', postStart: 'poststartz' } as const;

export interface RewriteInput {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly statusPort: number;
  readonly native: boolean;
  readonly previous: ProberRecord;
  /** Names of the proxy's own containers, which are left alone. */
  readonly own: readonly string[];
}

export interface RewriteResult {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly record: ProberRecord;
  readonly warnings: readonly string[];
}

/**
 * Points the HTTP, TCP and gRPC probes and hooks of the app to the status port of the proxy: what the kubelet
 * asks has no client certificate and must not be captured. All other fields stay (Istio: app_probe.go).
 * A container that does not change is the same object in the result.
 */
export function rewriteProbes(input: RewriteInput): RewriteResult {
  const record: Record<string, JsonObject> = { ...input.previous };
  const warnings: string[] = [];
  const rewrite = (init: boolean) => (container: Container) =>
    input.own.includes(container.name) ? container : rewriteContainer(container, { ...input, init, record, warnings });
  const result = {
    containers: input.containers.map(rewrite(false)),
    initContainers: input.initContainers.map(rewrite(true)),
  };
  const sorted = Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key] ?? {}]),
  );
  return { ...result, record: sorted, warnings };
}

interface Rewriting extends RewriteInput {
  readonly init: boolean;
  readonly record: Record<string, JsonObject>;
  readonly warnings: string[];
}

function rewriteContainer(container: Container, rewriting: Rewriting): Container {
  let changed = container;
  for (const [field, name] of Object.entries(probeNames)) {
    const probe = container[field];
    if (!isObject(probe) || tooEarly(container, field, rewriting)) continue;
    const rewritten = rewriteHandler(probe as Probe, `/app-health/${container.name}/${name}`, container, rewriting);
    if (rewritten !== probe) changed = { ...changed, [field]: rewritten };
  }
  for (const [field, name] of Object.entries(hookNames)) {
    const hook = container.lifecycle?.[field];
    if (!isObject(hook) || tooEarly(container, field, rewriting)) continue;
    const rewritten = rewriteHandler(
      hook as HookHandler,
      `/app-lifecycle/${container.name}/${name}`,
      container,
      rewriting,
    );
    if (rewritten !== hook) changed = { ...changed, lifecycle: { ...changed.lifecycle, [field]: rewritten } };
  }
  return changed;
}

/**
 * A classic proxy starts after all init containers: what an init container is asked at its start cannot
 * go through it. The traffic is not captured yet either, so the question reaches the app as it is.
 */
function tooEarly(container: Container, field: string, rewriting: Rewriting): boolean {
  if (rewriting.native || !rewriting.init || (field !== 'startupProbe' && field !== 'postStart')) return false;
  rewriting.warnings.push(
    `Container ${container.name}: its ${field} is not rewritten, since a classic sidecar starts later; use native sidecars.`,
  );
  return true;
}

function rewriteHandler<T extends HookHandler>(
  handler: T,
  path: string,
  container: Container,
  rewriting: Rewriting,
): T {
  if (isRewritten(handler, path, rewriting.statusPort)) return handler;
  const { httpGet, tcpSocket, grpc, ...rest } = handler;
  const asked = httpGet ?? tcpSocket ?? grpc;
  // A probe with a host of its own asks another machine than this pod.
  if (asked === undefined || ('host' in asked && asked.host)) return handler;
  const port = resolvePort(asked.port, container);
  if (port === undefined) {
    rewriting.warnings.push(
      `Container ${container.name}: ${path} is not rewritten, since the container declares no port ${JSON.stringify(asked.port)}.`,
    );
    return handler;
  }
  const timeout = (handler as Probe).timeoutSeconds;
  const kind = httpGet ? 'httpGet' : tcpSocket ? 'tcpSocket' : 'grpc';
  rewriting.record[path] = {
    [kind]: { ...asked, port } as JsonObject,
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
  };
  return { ...(rest as T), httpGet: askProxy(httpGet, path, rewriting.statusPort) };
}

/** Headers stay; HTTPS ends at the app, not at the proxy. */
function askProxy(original: HttpGetAction | undefined, path: string, statusPort: number): HttpGetAction {
  const scheme = original?.scheme === undefined ? {} : { scheme: 'HTTP' };
  return { ...original, ...scheme, path, port: statusPort };
}

function isRewritten(handler: HookHandler, path: string, statusPort: number): boolean {
  return handler.httpGet?.path === path && Number(handler.httpGet.port) === statusPort;
}

/** A number, a number in a text, or the name of a port of this container. */
function resolvePort(port: unknown, container: Container): number | undefined {
  if (typeof port === 'number') return port;
  if (typeof port !== 'string') return undefined;
  if (/^[0-9]{1,5}$/.test(port)) return Number(port);
  return container.ports?.find((one) => one.name === port)?.containerPort;
}

/** What Envoy has to answer: the record, with the period that the rewritten probes still carry. */
export function appProbes(record: ProberRecord, containers: readonly Container[]): AppProbe[] {
  return Object.entries(record).flatMap(([path, entry]) => {
    const probe = toAppProbe(path, entry, periodOf(path, containers));
    return probe === undefined ? [] : [probe];
  });
}

function toAppProbe(path: string, entry: JsonObject, periodSeconds: number): AppProbe | undefined {
  const { httpGet, tcpSocket, grpc } = entry;
  const asked = [httpGet, tcpSocket, grpc].find(isObject);
  const port = Number(asked?.['port']);
  if (asked === undefined || !Number.isInteger(port)) return undefined;
  const timeoutSeconds = Number(entry['timeoutSeconds'] ?? 1);
  const common = { path, port, timeoutSeconds, periodSeconds };
  if (isObject(httpGet)) return { ...common, kind: 'http', http: httpPart(httpGet) };
  if (isObject(tcpSocket)) return { ...common, kind: 'tcp' };
  return { ...common, kind: 'grpc', grpcService: String(asked['service'] ?? '') };
}

function httpPart(httpGet: JsonObject): NonNullable<AppProbe['http']> {
  const headers = Array.isArray(httpGet['httpHeaders']) ? httpGet['httpHeaders'].filter(isObject) : [];
  const header = headers.find((one) => String(one['name']).toLowerCase() === 'host');
  const host = header?.['value'];
  const path = String(httpGet['path'] ?? '/');
  return {
    path: path.startsWith('/') ? path : `/${path}`,
    https: String(httpGet['scheme'] ?? '').toUpperCase() === 'HTTPS',
    ...(typeof host === 'string' && host !== '' ? { host } : {}),
  };
}

function periodOf(path: string, containers: readonly Container[]): number {
  const match = /^\/app-health\/([^/]+)\/(readyz|livez|startupz)$/.exec(path);
  if (match === null) return 0;
  const field = Object.entries(probeNames).find(([, name]) => name === match[2])?.[0] ?? '';
  const probe = containers.find((container) => container.name === match[1])?.[field];
  return isObject(probe) ? Number(probe['periodSeconds'] ?? 10) : 10;
}
