import { connect } from 'node:net';
import { isObject } from '../../src/model/json.ts';
import type { HookHandler, HttpGetAction } from '../../src/model/pod.ts';
import { type Answer, ask } from '../envoy/running-envoy.ts';
import type { RunningContainer } from './pod-container.ts';

export interface HandlerResult {
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * A probe as the kubelet performs it, from the node: https://github.com/kubernetes/kubernetes/tree/master/pkg/probe.
 * HTTP counts 200–399, follows redirects on the same host at most nine times and takes others for success.
 */
export function performProbe(handler: HookHandler, running: RunningContainer, podIp: string): Promise<HandlerResult> {
  if (handler.httpGet !== undefined) return probeHttp(handler.httpGet, podIp);
  if (handler.tcpSocket !== undefined) return probeTcp(Number(handler.tcpSocket.port), podIp);
  if (handler.exec !== undefined) return runExec(handler.exec, running);
  throw new Error(`the player performs no ${Object.keys(handler).join()}`);
}

/**
 * A lifecycle hook: exec in the container, or one HTTP GET from the node, tried once, with no limit but the grace period;
 * any answer is success, whatever its status (pkg/kubelet/lifecycle/handlers.go).
 */
export async function performHook(
  handler: HookHandler,
  running: RunningContainer,
  podIp: string,
): Promise<HandlerResult> {
  if (handler.exec !== undefined) return runExec(handler.exec, running);
  if (handler.httpGet === undefined) throw new Error(`the player performs no ${Object.keys(handler).join()}`);
  const result = await probeHttp(handler.httpGet, podIp);
  return { ok: /^\d/.test(result.detail), detail: result.detail.slice(0, 3) };
}

async function probeHttp(get: HttpGetAction, podIp: string): Promise<HandlerResult> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  let url = new URL(get.path ?? '/', `http://${podIp.includes(':') ? `[${podIp}]` : podIp}:${get.port}`);
  try {
    for (let requests = 1; requests <= 10; requests++) {
      const answer = await ask(Number(url.port || 80), `${url.pathname}${url.search}`, { host: podIp, headers });
      const next = redirectOf(answer, url);
      if (next === undefined || next.hostname !== url.hostname)
        return {
          ok: answer.status >= 200 && answer.status < 400,
          detail: `${answer.status} ${answer.body.slice(0, 200)}`,
        };
      url = next;
    }
    return { ok: false, detail: 'stopped after 10 redirects' };
  } catch (error) {
    return { ok: false, detail: String(error) };
  }
}

function redirectOf(answer: Answer, from: URL): URL | undefined {
  const { location } = answer.headers;
  return typeof location === 'string' && answer.status >= 300 && answer.status < 400
    ? new URL(location, from)
    : undefined;
}

function probeTcp(port: number, podIp: string): Promise<HandlerResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: podIp, port, timeout: 1000 });
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
