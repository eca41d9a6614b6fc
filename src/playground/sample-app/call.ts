import { Agent, request } from 'node:http';

export interface CallResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** JSON where it is. */
  readonly body: unknown;
  /** Why there was no answer. */
  readonly error?: string;
}

const agent = new Agent({ keepAlive: true });

/** One GET of another service; a failure is a result with status 0. */
export function call(url: string, headers: Readonly<Record<string, string>>, timeoutMs = 10_000): Promise<CallResult> {
  return new Promise((resolve) => {
    const fail = (error: Error): void => resolve({ status: 0, headers: {}, body: '', error: error.message });
    try {
      const asked = request(url, { agent, headers, timeout: timeoutMs }, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += String(chunk);
        });
        response.on('error', fail);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(text) }),
        );
      });
      asked.on('timeout', () => asked.destroy(new Error('timeout')));
      asked.on('error', fail);
      asked.end();
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
