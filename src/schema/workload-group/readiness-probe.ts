import { int32, listOf, message, port, text, texts } from '../build.ts';
import { printValue } from '../problem.ts';

const Header = message({ name: text('Its name.'), value: text('Its value.') }, { description: 'A header.' });

const HttpGet = message(
  {
    path: text('Path of the request.'),
    host: text('Host of the request.'),
    scheme: text('How it is sent: HTTP or HTTPS.', (value, report) => {
      if (!['HTTP', 'HTTPS'].includes(value))
        report({ code: 'OR1644', message: `${printValue(value)} must be HTTP or HTTPS` });
    }),
    httpHeaders: listOf(Header, 'Headers of the request.'),
  },
  { description: 'A request by HTTP.', needs: { port: port('The port.') } },
);

const TcpSocket = message(
  { host: text('Where to connect to.') },
  { description: 'A connection.', needs: { port: port('The port.') } },
);
const Exec = message({ command: texts('The command.') }, { description: 'A command.' });
const Grpc = message({ port: port('The port.'), service: text('The service.') }, { description: 'A check by gRPC.' });

const count = (description: string) => int32(description, { minimum: 0 });

export const ReadinessProbe = message(
  {
    initialDelaySeconds: count('Seconds before the first check.'),
    timeoutSeconds: count('Seconds that an answer may take.'),
    periodSeconds: count('Seconds between checks.'),
    successThreshold: count('Checks that must succeed.'),
    failureThreshold: count('Checks that must fail.'),
    httpGet: HttpGet,
    tcpSocket: TcpSocket,
    exec: Exec,
    grpc: Grpc,
  },
  {
    description: 'How the readiness of a machine is found out.',
    choices: [{ of: ['httpGet', 'tcpSocket', 'exec', 'grpc'] }],
  },
);
