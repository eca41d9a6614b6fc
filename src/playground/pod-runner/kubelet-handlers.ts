import { connect } from 'node:net';
import { isObject } from '../../model/json.ts';
import type { HookHandler, HttpGetAction } from '../../model/pod.ts';
import type { RunningContainer } from './container.ts';
import { type HttpAnswer, httpGet } from './http-get.ts';

export interface HandlerResult {
  readonly ok: boolean;
  readonly detail: string;
}

export interface HandlerTarget {
  readonly running: RunningContainer;
  readonly podIp: string;
  readonly timeoutMs: number;
}

/**
 * A probe as the kubelet performs it, from the node: https://github.com/kubernetes/kubernetes/tree/master/pkg/probe.
 * HTTP counts 200–399, follows redirects on the same host at most nine times and takes others for success. Probes by
 * gRPC are not performed: injection turns them into HTTP.
 */
export async function performProbe(handler: HookHandler, target: HandlerTarget): Promise<HandlerResult> {
  if (handler.httpGet !== undefined) return probeHttp(handler.httpGet, target);
  if (handler.tcpSocket !== undefined) return probeTcp(Number(handler.tcpSocket.port), target);
  if (handler.exec !== undefined) return runExec(handler.exec, target.running);
  return { ok: false, detail: `the pod runner performs no ${Object.keys(handler).join()}` };
}

/**
 * A lifecycle hook: exec in the container, or one HTTP GET from the node, tried once, with no limit but the grace period;
 * any answer is success, whatever its status (pkg/kubelet/lifecycle/handlers.go).
 */
export async function performHook(handler: HookHandler, target: HandlerTarget): Promise<HandlerResult> {
  if (handler.exec !== undefined) return runExec(handler.exec, target.running);
  if (handler.httpGet === undefined) {
    return { ok: false, detail: `the pod runner performs no ${Object.keys(handler).join()}` };
  }
  const result = await probeHttp(handler.httpGet, target);
  return { ok: /^\d/.test(result.detail), detail: result.detail.slice(0, 3) };
}

async function probeHttp(get: HttpGetAction, { running, podIp, timeoutMs }: HandlerTarget): Promise<HandlerResult> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const port = portOf(get.port, running);
  const scheme = get.scheme === 'HTTPS' ? 'https' : 'http';
  let url = new URL(get.path ?? '/', `${scheme}://${podIp.includes(':') ? `[${podIp}]` : podIp}:${port}`);
  try {
    for (let requests = 1; requests <= 10; requests++) {
      const path = `${url.pathname}${url.search}`;
      const tls = url.protocol === 'https:';
      const number = Number(url.port || (tls ? 443 : 80));
      const answer = await httpGet({ host: podIp, port: number, path, headers, timeoutMs, tls });
      const next = redirectOf(answer, url);
      if (next === undefined || next.hostname !== url.hostname) {
        const ok = answer.status >= 200 && answer.status < 400;
        return { ok, detail: `${answer.status} ${answer.body.slice(0, 200)}` };
      }
      url = next;
    }
    return { ok: false, detail: 'stopped after 10 redirects' };
  } catch (error) {
    return { ok: false, detail: String(error) };
  }
}

/** Probes may name a port of their container. */
function portOf(port: number | string, { container }: RunningContainer): number {
  const named = (container.ports ?? []).find(({ name }) => name !== undefined && name === port);
  return named?.containerPort ?? Number(port);
}

function redirectOf(answer: HttpAnswer, from: URL): URL | undefined {
  const { location } = answer.headers;
  return typeof location === 'string' && answer.status >= 300 && answer.status < 400
    ? new URL(location, from)
    : undefined;
}

function probeTcp(port: number, { podIp, timeoutMs }: HandlerTarget): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: podIp, port, timeout: timeoutMs });
    const done = (ok: boolean, detail: string): void => {
      socket.destroy();
      resolve({ ok, detail });
    };
    socket.on('connect', () => done(true, 'connected'));
    socket.on('error', (error) => done(false, String(error)));
    socket.on('timeout', () => done(false, 'timeout'));
  });
}

async function runExec(exec: unknown, running: RunningContainer): Promise<HandlerResult> {
  const command = isObject(exec) && Array.isArray(exec['command']) ? exec['command'].map(String) : [];
  const { code, output } = await running.exec(command);
  return { ok: code === 0, detail: `exit ${code} ${output}`.trim() };
}
