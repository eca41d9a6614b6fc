import { Agent, type RequestOptions } from 'node:https';
import { isObject } from '../../model/json.ts';
import { createConnection, type KubeConnection } from './connection.ts';
import type { Credentials, Target } from './credentials.ts';

/** What a user wants to do, as RBAC names it. `''` is every namespace, or the core group. */
export interface AskedRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
}

/** The API server in the name of users, each with the token that they have shown. No right of ours is used. */
export interface UserAccess {
  /** Rejects with OR1630 when there is no answer. */
  allowed(token: string, right: AskedRight, signal?: AbortSignal): Promise<boolean>;
  connection(token: string): KubeConnection;
}

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export function userAccess(credentials: Credentials): UserAccess {
  const connection = (token: string): KubeConnection =>
    createConnection({
      target: async () => withToken(await credentials.target(), token),
      reload: () => credentials.reload(),
    });
  return {
    connection,
    allowed: async (token, right, signal) => {
      const spec = { resourceAttributes: right };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec };
      const call = { method: 'POST', path, body } as const;
      const answer = await connection(token).json(signal === undefined ? call : { ...call, signal });
      if (answer.status >= 300 || !isObject(answer.body) || !isObject(answer.body.status)) return false;
      return answer.body.status.allowed === true;
    },
  };
}

/** Nothing of our own credentials: no header, and no certificate, which would be believed before the token. */
function withToken({ server, options }: Target, token: string): Target {
  const { ca, rejectUnauthorized, servername, agent } = options;
  const known: RequestOptions =
    typeof agent === 'object' && 'options' in agent ? (agent.options as RequestOptions) : {};
  const trusted = {
    ...given('ca', ca ?? known.ca),
    ...given('rejectUnauthorized', rejectUnauthorized ?? known.rejectUnauthorized),
    ...given('servername', servername ?? known.servername),
  };
  const headers = { Authorization: `Bearer ${token}` };
  return { server, options: { headers, ...(server.startsWith('https:') ? { agent: new Agent(trusted) } : {}) } };
}

function given<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
