import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { startInProcess } from '../app/in-process.ts';
import { packageFolder, shortPath } from '../app/places.ts';
import { watchFolder } from '../app/watch-folder.ts';
import { systemClock } from '../identity/serving-certificates.ts';
import { locateCachedEnvoy } from '../playground/locate-envoy.ts';
import { type Playground, type PlaygroundOptions, startPlayground } from '../playground/start-playground.ts';
import { FilesSource, type Reload } from '../source/files/files-source.ts';
import { createLogger, type Logger, logLevels } from '../telemetry/logger.ts';

interface Options {
  readonly manifests: string;
  readonly concurrency: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly dashboardPort: number;
  readonly set: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly keep: boolean;
}

const sample = join(packageFolder, 'manifests/samples/bookinfo');

/** `outrigger playground`: a mesh with real proxies on this machine, without a cluster. */
export function command(): Command {
  return new Command('playground')
    .description('run a mesh on this machine, with real proxies and without a cluster (Linux, root)')
    .option('--manifests <DIR>', 'folder of YAML files, read again when they change', sample)
    .option('--concurrency <N>', 'worker threads of each proxy', whole, 1)
    .option('--http-port <PORT>', 'of 127.0.0.1, leads to port 80 of the ingress gateway; 0 takes any', whole, 8080)
    .option('--https-port <PORT>', 'of 127.0.0.1, leads to port 443 of the ingress gateway; 0 takes any', whole, 8443)
    .option('--dashboard-port <PORT>', 'of 127.0.0.1, with the dashboard; 0 takes any', whole, 15_014)
    .option('-s, --set <KEY=VALUE>', 'set a key of the configuration; repeat it for several', collect, [])
    .addOption(
      new Option('--log-level <LEVEL>', 'of the control plane, on standard error').choices(logLevels).default('warn'),
    )
    .option('--keep', 'leave logs and files of the pods at the end', false)
    .action(run);
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It has to be a whole number.');
  return value;
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

async function run(options: Options): Promise<void> {
  const { logger, flush } = createLogger({ level: options.logLevel, bufferBytes: 0 }, 2);
  const end = endSignal();
  const folder = resolve(options.manifests);
  const started = Date.now();
  const playground = await startPlayground(playgroundOptions(options, folder, logger));
  try {
    await Promise.race([report(playground, folder, started), end.asked]);
    await end.asked;
  } finally {
    process.stdout.write('\nEnding the pods…\n');
    await playground.stop();
    end.release();
    flush();
  }
}

function playgroundOptions(options: Options, folder: string, logger: Logger): PlaygroundOptions {
  return {
    files: new FilesSource({
      folder,
      pollMs: 2000,
      gatherMs: 50,
      watchFolder,
      after: systemClock.after,
      onReload: (reload) => tellReload(logger, reload),
    }),
    startControlPlane: ({ source, tokens, host, nameserver, stateFolder, concurrency, localLog }) =>
      startInProcess({
        source,
        authenticator: tokens,
        host,
        stateFolder,
        localLog,
        sets: [
          `injection.nameservers=["${nameserver}"]`,
          `injection.mesh.defaultConfig={"concurrency":${concurrency}}`,
          `dashboard.port=${options.dashboardPort}`,
          ...options.set,
        ],
        logger,
      }),
    envoy: locateCachedEnvoy(process.env),
    proxyScript: join(packageFolder, 'images/proxy/outrigger-proxy.sh'),
    concurrency: options.concurrency,
    forwards: { 80: options.httpPort, 443: options.httpsPort },
    keep: options.keep,
    onProblem: (error) => logger.warn({ code: error.code, at: error.at, remedy: error.remedy }, error.message),
  };
}

function tellReload(logger: Logger, { fresh, freshNotices }: Reload): void {
  for (const problem of [...fresh, ...freshNotices])
    logger.warn({ code: problem.code, remedy: problem.remedy }, problem.message);
}

async function report(playground: Playground, folder: string, started: number): Promise<void> {
  const late = await playground.ready(120).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const pods = [...playground.cluster.pods];
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const width = Math.max(...pods.map(({ desired }) => desired.name.length));
  const lines = [
    late === undefined
      ? `${pods.length} pods are ready (${seconds} s), from ${shortPath(folder)}:`
      : `Not ready: ${late}`,
    ...pods.map(
      (pod) => `  ${pod.desired.name.padEnd(width)}  ${pod.desired.namespace}  ${pod.ip ?? pod.status.message}`,
    ),
    '',
    ...(folder === sample ? tryLines(playground) : gatewayLines(playground)),
    dashboardLine(playground.controlPlane.dashboardUrl),
    `Edit a file of ${shortPath(folder)}: pods and traffic follow at once.`,
    `Logs: ${join(playground.folder, 'pods')}. A pod's network: ip netns exec <or-pg…> <command> (ip netns).`,
    `Look at it, from another shell: export KUBECONFIG=${playground.kubeconfig}; outrigger proxy-status`,
    'Ctrl-C ends it and leaves nothing behind.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Its port may be taken: all else goes on. */
function dashboardLine(url = ''): string {
  return url === '' || new URL(url).port === '0'
    ? 'No dashboard: its port is taken (OR4040). Take any with --dashboard-port 0.'
    : `The dashboard: ${url}`;
}

function tryLines(playground: Playground): string[] {
  const url = `http://127.0.0.1:${playground.forwards.get(80)}/productpage`;
  return [
    `The ingress gateway: ${url}`,
    `  curl -s ${url}`,
    `  curl -s -H 'end-user: jason' ${url}    # reviews v2, by the VirtualService`,
    '',
  ];
}

function gatewayLines({ forwards }: Playground): string[] {
  const url = `http://127.0.0.1:${forwards.get(80)}/`;
  return [`The ingress gateway, where the folder has one: ${url} and https://127.0.0.1:${forwards.get(443)}/`, ''];
}

interface EndSignal {
  readonly asked: Promise<void>;
  release(): void;
}

/** The first signal asks for a clean end; a second one ends at once, and the next start cleans up. */
function endSignal(): EndSignal {
  const { promise, resolve: ask } = Promise.withResolvers<void>();
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(130);
    asked = true;
    ask();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  return {
    asked: promise,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onSignal),
  };
}
