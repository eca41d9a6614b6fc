import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';

/** An object or a list as the API server answers it; what tests look at is typed, the rest is kept. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  spec?: { containers?: ApiContainer[]; initContainers?: ApiContainer[]; [field: string]: unknown };
  status?: unknown;
  items?: ApiObject[];
  /** Of a Status. */
  message?: string;
  [field: string]: unknown;
}

export interface ApiContainer {
  name: string;
  image?: string;
  [field: string]: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: ApiObject;
}

export interface ApiOptions {
  readonly token?: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

/** A plain JSON client of the API server, independent of the code under test. */
export interface ApiClient {
  readonly server: string;
  call(method: string, path: string, options?: ApiOptions): Promise<ApiAnswer>;
  /** As `call`, but any status of 400 and above is an error that carries the server's message. */
  must(method: string, path: string, body?: unknown): Promise<ApiObject>;
}

export interface ApiTarget {
  readonly server: string;
  readonly caFile?: string;
  readonly token?: string;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}

export async function createApiClient(target: ApiTarget): Promise<ApiClient> {
  const ca = target.caFile === undefined ? undefined : await readFile(target.caFile);
  const agent = new Agent({ ca, cert: target.cert, key: target.key, keepAlive: true, maxSockets: 64 });
  const call = (method: string, path: string, options: ApiOptions = {}) =>
    send({
      agent,
      url: `${target.server}${path}`,
      method,
      options: { token: target.token, ...options },
      repeated: false,
    });
  return {
    server: target.server,
    call,
    must: async (method, path, body) => {
      const answer = await call(method, path, { body });
      if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.message ?? ''}`);
      return answer.body;
    },
  };
}

interface Call {
  readonly agent: Agent;
  readonly url: string;
  readonly method: string;
  readonly options: ApiOptions;
  readonly repeated: boolean;
}

function send(call: Call): Promise<ApiAnswer> {
  const text = call.options.body === undefined ? undefined : JSON.stringify(call.options.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(call.url, {
      agent: call.agent,
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(call.options.token === undefined ? {} : { authorization: `Bearer ${call.options.token}` }),
        // Without its length Node would send no body with a DELETE.
        ...(text === undefined
          ? {}
          : {
              'content-type': call.options.contentType ?? 'application/json',
              'content-length': Buffer.byteLength(text),
            }),
      },
      timeout: 60_000,
    });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer of the API server in 60 s')));
    outgoing.once('error', (error) => {
      // The server may close an idle connection at the moment at which it is used again.
      const again = outgoing.reusedSocket || call.method === 'GET';
      if (again && !call.repeated && 'code' in error && error.code === 'ECONNRESET')
        send({ ...call, repeated: true }).then(resolve, reject);
      else reject(error);
    });
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const raw = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(raw) });
      });
    });
    outgoing.end(text);
  });
}

function parse(raw: string): ApiObject {
  try {
    return JSON.parse(raw);
  } catch {
    return { text: raw };
  }
}
