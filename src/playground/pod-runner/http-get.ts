import { request } from 'node:http';

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
}

/** More of an answer is of no interest to a probe. */
const longestBody = 10_240;

/** One GET on its own connection, redirects not followed, as a kubelet makes it. */
export function httpGet({ host, port, path, headers, timeoutMs }: HttpTarget): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host, port, path, agent: false, headers: { connection: 'close', 'user-agent': 'kube-probe/1.36', ...headers } },
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
