import { type Static, Type } from 'typebox';
import { InjectionSettingsSchema } from '../inject/review/settings.ts';
import { logLevels } from '../telemetry/logger.ts';
import { DashboardSchema } from './dashboard-schema.ts';
import { DiscoverySchema, MeshConfigSchema } from './mesh-schema.ts';

const text = (description: string) => Type.String({ default: '', description });
const seconds = (fallback: number, description: string, minimum = 0.1) =>
  Type.Number({ default: fallback, minimum, maximum: 86_400, description: `Seconds: ${description}` });

const ServerSchema = Type.Object({
  host: Type.String({ default: '::', description: 'Address to listen on; :: is every one.', flag: 'host' }),
  port: Type.Integer({ default: 15017, minimum: 0, maximum: 65_535, description: 'Port; 0 takes any.', flag: 'port' }),
  bodyLimitBytes: Type.Integer({
    default: 6 * 1024 * 1024,
    minimum: 1024,
    maximum: 256 * 1024 * 1024,
    description: 'Longest body of a request.',
  }),
  handshakeTimeoutSeconds: seconds(10, 'a TLS handshake may take.'),
  headersTimeoutSeconds: seconds(10, 'the headers of a request may take.'),
  requestTimeoutSeconds: seconds(30, 'a whole request may take to arrive.'),
  inactivityTimeoutSeconds: seconds(30, 'a connection with a request under way may be still.'),
  // Go's clients, of which the API server's is one, let go after 90 s: who closes last loses no request.
  keepAliveSeconds: seconds(120, 'an idle connection is kept: longer than clients keep theirs, 90 in the API server.'),
  preStopDelaySeconds: seconds(0, 'from not ready to the first refused connection, for clients to notice.', 0),
  drainSeconds: seconds(
    10,
    'requests under way get at the end; before it, with a delay, connections that are still used.',
    0,
  ),
});

const TlsSchema = Type.Object({
  certFile: text('Serving certificate (PEM, intermediates behind it); empty makes one from our own root.'),
  keyFile: text('Private key of the serving certificate.'),
  caFile: text('CA that clients trust, to check the certificate against.'),
  names: Type.Array(Type.String(), {
    default: [],
    description: 'Further DNS names and IP addresses of the certificate that we make.',
  }),
  leafHours: Type.Number({
    default: 168,
    minimum: 1,
    maximum: 8760,
    description: 'Lifetime of the certificate that we make; it is renewed at half of it.',
  }),
});

const LogSchema = Type.Object({
  level: Type.Union(
    logLevels.map((level) => Type.Literal(level)),
    { default: 'info', description: 'Least severe level that is written.' },
  ),
  bufferBytes: Type.Integer({
    default: 16_384,
    minimum: 0,
    maximum: 1_048_576,
    description: 'Lines are collected up to so many bytes, a fifth of a second at most; 0 writes each at once.',
  }),
});

/**
 * Every key of the configuration: its type, default and description. File, environment, flags, `--help` and
 * messages are all made from this table. `flag` shortens the name that the path would give.
 */
export const ConfigSchema = Type.Object({
  config: text('Folder of YAML files with Namespaces and Nodes; empty is the sample that comes along.'),
  kubernetes: Type.Union([Type.Literal('auto'), Type.Literal('on'), Type.Literal('off')], {
    default: 'auto',
    description: 'Read namespaces and nodes from a cluster; auto does so inside of one.',
  }),
  kubeconfig: text('kubeconfig of the cluster; empty is $KUBECONFIG, ~/.kube/config, or the service account.'),
  stateDir: text('Folder of the root certificate; empty is $XDG_STATE_HOME/outrigger or ~/.local/state/outrigger.'),
  server: ServerSchema,
  tls: TlsSchema,
  log: LogSchema,
  injection: InjectionSettingsSchema,
  mesh: MeshConfigSchema,
  discovery: DiscoverySchema,
  dashboard: DashboardSchema,
});
export type Config = Static<typeof ConfigSchema>;
