import { request } from 'node:http';
import { request as requestTls } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface HttpTarget {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Certificates are not verified, as a kubelet does not for probes. */
  readonly tls: boolean;
}

/** More of an answer is of no interest to a probe. */
const longestBody = 10_240;

/** One GET on its own connection, redirects not followed, as a kubelet makes it. */
export function httpGet({ host, port, path, headers, timeoutMs, tls }: HttpTarget): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const all = { connection: 'close', 'user-agent': 'kube-probe/1.36', ...headers };
    const asked = (tls ? requestTls : request)(
      { host, port, path, agent: false, rejectUnauthorized: false, headers: all },
      (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          if (body.length < longestBody) body += String(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    const timer = setTimeout(() => asked.destroy(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    asked.on('error', reject);
    asked.on('close', () => clearTimeout(timer));
    asked.end();
  });
}
