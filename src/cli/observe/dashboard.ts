import { spawn } from 'node:child_process';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { Argument, Command, Option } from 'commander';
import { controlPlanePods, dashboardPort } from '../../cluster-access/dashboard.ts';
import { isRunning, listPods, nameOf, type PodName } from '../../cluster-access/pods.ts';
import { OutriggerError } from '../../errors.ts';
import { accessOf, type ClusterFlags } from '../cluster-flags.ts';
import { portNumber } from '../flag-values.ts';
import { addDashboardOptions, placeOf } from './observe-flags.ts';

interface Flags extends ClusterFlags {
  readonly istioNamespace: string;
  readonly dashboardUrl?: URL;
  readonly port?: number;
  readonly browser: boolean;
}

/** Others that are usually beside a mesh; `kiali` is what users type for a dashboard. */
const others = { grafana: 3000, jaeger: 16_686, prometheus: 9090 } as const;
type Other = keyof typeof others;
type Which = 'outrigger' | 'kiali' | Other;

/** `outrigger dashboard`: a forwarded port and a browser on it. */
export function command(): Command {
  const dashboard = new Command('dashboard')
    .description('open the dashboard in a browser, by a forwarded port, until Ctrl-C')
    .addArgument(
      new Argument('[which]', 'kiali opens ours')
        .choices(['outrigger', 'kiali', ...Object.keys(others)])
        .default('outrigger'),
    )
    .addOption(
      new Option(
        '-p, --port <port>',
        'of this machine (default: that of the other side, or any where it is taken)',
      ).argParser(portNumber),
    )
    .option('--no-browser', 'only print the address')
    .addHelpText('after', '\nExamples:\n  outrigger dashboard\n  outrigger dashboard grafana --no-browser\n');
  return addDashboardOptions(dashboard).action((which: Which, flags: Flags) => open(which, flags));
}

async function open(which: Which, flags: Flags): Promise<void> {
  const { ports } = accessOf(flags);
  const { pod, port } = await findTarget(which, flags);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    ports.open(pod.namespace, pod.name, port).then(
      (way) => {
        way.once('close', () => socket.destroy());
        socket.once('close', () => way.destroy());
        socket.pipe(way).pipe(socket);
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        socket.destroy();
      },
    );
  });
  const url = `http://localhost:${await listen(server, flags.port, port)}`;
  process.stdout.write(`${url} leads to ${pod.namespace}/${pod.name}. Ctrl-C ends it.\n`);
  if (flags.browser) openBrowser(url);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  server.close();
  for (const socket of sockets) socket.destroy();
}

async function findTarget(which: Which, flags: Flags): Promise<{ readonly pod: PodName; readonly port: number }> {
  const place = placeOf(flags);
  if (which === 'outrigger' || which === 'kiali') {
    const [pod] = await controlPlanePods(place);
    if (pod === undefined) throw new OutriggerError('OR2535', `no pod app=outrigger runs in ${place.namespace}`);
    return { pod, port: dashboardPort };
  }
  for (const label of ['app.kubernetes.io/name', 'app']) {
    const [pod] = (await listPods(place.connection, '', `${label}=${which}`)).filter(isRunning);
    if (pod !== undefined) return { pod: nameOf(pod), port: others[which] };
  }
  throw new OutriggerError('OR2531', `no pod of ${which} runs (app.kubernetes.io/name or app: ${which})`);
}

/** The port that was asked for, or that of the other side; where that is taken, any. Throws OR1004. */
async function listen(server: Server, asked: number | undefined, usual: number): Promise<number> {
  const on = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  try {
    return await on(asked ?? usual);
  } catch (cause) {
    if (asked === undefined) return on(0);
    throw new OutriggerError('OR1004', `port ${asked} of 127.0.0.1 is taken`, { cause });
  }
}

/** Where there is none, the address that was printed is what there is. */
function openBrowser(url: string): void {
  const chosen = process.env['BROWSER'] ?? '';
  const program = chosen === '' ? (process.platform === 'darwin' ? 'open' : 'xdg-open') : chosen;
  const browser = spawn(program, [url], { stdio: 'ignore', detached: true });
  browser.once('error', () => process.stdout.write('No browser could be opened: open the address yourself.\n'));
  browser.unref();
}
