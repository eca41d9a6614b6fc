import { request } from 'node:http';

/**
 * Runs inside a namespace: one HTTP request, and one line of JSON on who answered. Arguments: address, port, and the
 * source address or "". Not found by the suite (no test of its own); `reach` in `reach.ts` starts it.
 */
const [address = '', port = '', source = ''] = process.argv.slice(2);
const asked = request(
  {
    host: address,
    port: Number(port),
    path: '/',
    timeout: 3000,
    agent: false,
    ...(source ? { localAddress: source } : {}),
  },
  (response) => {
    let body = '';
    response.on('data', (chunk) => {
      body += String(chunk);
    });
    response.on('end', () => print({ by: response.headers['x-captured'] ?? body }));
  },
);
asked.on('timeout', () => asked.destroy(new Error('timeout')));
asked.on('error', (error) => print({ by: `nobody: ${error.message}` }));
asked.end();

function print(answer: { by: unknown }): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
