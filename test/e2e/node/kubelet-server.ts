import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type WebSocket, WebSocketServer } from 'ws';
import { issueLeaf, makeRoot } from '../../../src/identity/make-certificates.ts';
import { dialInNamespace } from '../../../src/playground/api/dial-in-namespace.ts';
import type { LivePod } from '../../../src/playground/cluster/live-pod.ts';
import type { RunningContainer } from '../../../src/playground/pod-runner/container.ts';
import { channels, exitStatus, joinPort, send } from './channels.ts';

/** Names in its node's `status.declaredFeatures`, so that the API server passes WebSockets on to here. */
export const declaredFeatures = ['ExtendWebSocketsToKubelet'];

export interface KubeletServerOptions {
  readonly address: string;
  readonly port: number;
  readonly pod: (namespace: string, name: string) => LivePod | undefined;
  /** The network namespace of a pod. */
  readonly netns: (pod: LivePod) => string;
}

/**
 * What the API server asks of a kubelet: `kubectl logs`, `kubectl exec` and port forwarding by WebSocket. SPDY is not
 * spoken, so `kubectl port-forward` (which tunnels it) is refused.
 */
export async function startKubeletServer(options: KubeletServerOptions): Promise<Server> {
  const now = new Date();
  const root = await makeRoot(now);
  const leaf = await issueLeaf({ root, names: [options.address], now, lifetimeMs: 86_400_000 });
  const server = createServer({ key: leaf.keyPem, cert: leaf.chainPem }, (request, response) => {
    answerLogs(options, request, response);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => ['v5.channel.k8s.io', 'v4.channel.k8s.io'].find((name) => offered.has(name)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (open) => {
      serve(options, request, open).catch((error: unknown) => {
        send(open, channels.error, Buffer.from(JSON.stringify({ status: 'Failure', message: String(error) })));
        open.close();
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, resolve);
  });
  return server;
}

/** `/containerLogs/<namespace>/<pod>/<container>` */
function answerLogs(options: KubeletServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [, what, namespace = '', name = '', container = ''] = url.pathname.split('/');
  try {
    if (what !== 'containerLogs') throw new Error(`${what} is not served`);
    const lines = containerOf(options, namespace, name, container).log().split('\n');
    const tail = Number(url.searchParams.get('tailLines') ?? Number.POSITIVE_INFINITY);
    response.end(lines.slice(Math.max(0, lines.length - tail - 1)).join('\n'));
  } catch (error) {
    response.writeHead(404).end(String(error));
  }
}

/** `/exec/<namespace>/<pod>/<container>` and `/portForward/<namespace>/<pod>`; some carry the uid behind the name. */
async function serve(options: KubeletServerOptions, request: IncomingMessage, socket: WebSocket): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [, what, namespace = '', name = '', ...rest] = url.pathname.split('/');
  if (what === 'exec') {
    exec(containerOf(options, namespace, name, rest.at(-1) ?? ''), url.searchParams.getAll('command'), socket);
  } else if (what === 'portForward') {
    const pod = options.pod(namespace, name);
    if (pod === undefined) throw new Error(`no pod ${namespace}/${name} runs here`);
    const port = Number(url.searchParams.get('port') ?? url.searchParams.get('ports'));
    const enter = (command: readonly string[]) => ['ip', 'netns', 'exec', options.netns(pod), ...command];
    joinPort(socket, port, await dialInNamespace(enter, port));
  } else throw new Error(`${what} is not served`);
}

function containerOf(
  { pod }: KubeletServerOptions,
  namespace: string,
  name: string,
  container: string,
): RunningContainer {
  const running = pod(namespace, name)?.kept?.running;
  if (running === undefined) throw new Error(`no pod ${namespace}/${name} runs here`);
  return running.container(container);
}

function exec(container: RunningContainer, command: readonly string[], socket: WebSocket): void {
  const child = container.attach(command);
  child.stdout.on('data', (bytes: Buffer) => send(socket, channels.stdout, bytes));
  child.stderr.on('data', (bytes: Buffer) => send(socket, channels.stderr, bytes));
  child.stdin.on('error', () => {});
  child.on('error', (error) => send(socket, channels.error, Buffer.from(error.message)));
  child.on('close', (code) => {
    send(socket, channels.error, exitStatus(code ?? 1));
    socket.close(1000);
  });
  socket.on('message', (data: Buffer) => {
    if (data[0] === channels.stdin) child.stdin.write(data.subarray(1));
    else if (data[0] === channels.close && data[1] === channels.stdin) child.stdin.end();
  });
  socket.on('close', () => child.kill('SIGKILL'));
}
