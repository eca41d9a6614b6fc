import { stripVTControlCharacters } from 'node:util';
import type { FastifyPluginCallback } from 'fastify';
import { OutriggerError } from '../../errors.ts';
import type { AskedLog, LocalLog, LogTail } from '../../model/log-tail.ts';
import { readPodLog } from '../../source/kubernetes/pod-log.ts';
import type { UserAccess } from '../../source/kubernetes/user-access.ts';
import type { LogPage } from '../api-types.ts';
import type { MeshView } from '../mesh-view.ts';

export interface LogRouteParts {
  readonly mesh: Pick<MeshView, 'snapshot'>;
  readonly users: UserAccess | undefined;
  /** Where all pods are on this machine; undefined elsewhere. */
  readonly localLog: LocalLog | undefined;
}

const [mostLines, longestLine] = [200, 2000];

interface LogRequest {
  readonly Params: { readonly namespace: string; readonly pod: string };
  readonly Querystring: { readonly container?: string | string[] };
}

/** `GET /api/logs/default/reviews-v1-abc?container=istio-proxy`. A log is read with the right of whoever asks: the control plane has none to. */
export function logRoutes(parts: LogRouteParts): FastifyPluginCallback {
  return (app, _, done) => {
    app.get<LogRequest>('/api/logs/:namespace/:pod', async ({ params, query, visitor }): Promise<LogPage> => {
      const { container = '' } = query;
      if (typeof container !== 'string') throw new OutriggerError('OR4036', 'container is given twice');
      const name = `${params.namespace}/${params.pod}`;
      if (!parts.mesh.snapshot().workloads.has(name)) throw new OutriggerError('OR4037', `pod ${name}`);
      return read(parts, { ...params, container }, visitor.token);
    });
    done();
  };
}

async function read({ users, localLog }: LogRouteParts, asked: AskedLog, token: string | undefined): Promise<LogPage> {
  if (localLog !== undefined) return printTail(asked, localLog(asked));
  if (users === undefined) return withoutLog(asked, 'There is no API server here that would have it.');
  if (token === undefined) return withoutLog(asked, 'It is read in your name: sign in with a token of Kubernetes.');
  return printTail(asked, await readPodLog(users.connection(token), asked));
}

function commandOf({ namespace, pod, container }: AskedLog): string {
  return `kubectl logs -n ${namespace} ${pod}${container === '' ? '' : ` -c ${container}`} --tail=${mostLines} -f`;
}

function withoutLog(asked: AskedLog, reason: string): LogPage {
  return { container: asked.container, containers: [], lines: [], reason, command: commandOf(asked) };
}

function printTail(asked: AskedLog, tail: LogTail | undefined): LogPage {
  if (tail === undefined) throw new OutriggerError('OR4037', `container ${asked.container} of pod ${asked.pod}`);
  const { container, containers, text } = tail;
  return { container, containers, lines: linesOf(text), reason: '', command: commandOf({ ...asked, container }) };
}

/** For a page: colours and whatever else moves a terminal are left out. */
function linesOf(text: string): readonly string[] {
  const lines = stripVTControlCharacters(text).split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines.slice(-mostLines).map((line) => line.replace(/(?!\t)\p{Cc}/gu, '').slice(0, longestLine));
}
