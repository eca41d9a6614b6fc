/** What one port of the app speaks. */
export type Protocol = 'http' | 'h2c' | 'grpc' | 'tcp' | 'tcp-first';

export interface Settings {
  /** `productpage`, `details`, `reviews`, `ratings`; anything else only echoes. */
  readonly role: string;
  readonly version: string;
  readonly pod: string;
  readonly namespace: string;
  readonly listen: readonly { readonly protocol: Protocol; readonly port: number }[];
  /** Where the services are that this one calls: `details:9080`. */
  readonly peers: Readonly<Record<string, string>>;
  readonly latencyMs: number;
  /** Of 100 answers so many are errors. */
  readonly errorPercent: number;
  readonly errorStatus: number;
}

const protocols = ['http', 'h2c', 'grpc', 'tcp', 'tcp-first'] as const;

export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const peer = (name: string): string => env[`${name.toUpperCase()}_SERVICE`] ?? `${name}:9080`;
  return {
    role: env['ROLE'] ?? 'echo',
    version: env['SERVICE_VERSION'] ?? 'v1',
    pod: env['POD_NAME'] ?? env['HOSTNAME'] ?? '',
    namespace: env['POD_NAMESPACE'] ?? '',
    listen: (env['LISTEN'] ?? 'http:9080').split(',').map(readPort),
    peers: { details: peer('details'), reviews: peer('reviews'), ratings: peer('ratings') },
    latencyMs: Number(env['LATENCY_MS'] ?? 0),
    errorPercent: Number(env['ERROR_PERCENT'] ?? 0),
    errorStatus: Number(env['ERROR_STATUS'] ?? 500),
  };
}

function readPort(text: string): Settings['listen'][number] {
  const [name = '', port = ''] = text.split(':');
  const protocol = protocols.find((candidate) => candidate === name);
  if (protocol === undefined || !Number.isInteger(Number(port))) throw new Error(`LISTEN: ${text} is no protocol:port`);
  return { protocol, port: Number(port) };
}
