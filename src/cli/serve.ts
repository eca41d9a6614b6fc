import { Command } from 'commander';
import { chooseSurroundings, stateFolderOf } from '../app/choose-surroundings.ts';
import { startAll } from '../app/component.ts';
import { type Composition, compose } from '../app/compose.ts';
import { addConfigOptions, configOf } from '../app/config-command.ts';
import { samplePod, shortPath } from '../app/places.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { Metrics } from '../telemetry/metrics.ts';

/** `outrigger serve`: the webhook, until a signal ends it. Logs on standard error, the rest on standard output. */
export function command(): Command {
  const serve = new Command('serve')
    .description('serve the admission webhook and the preview over TLS')
    .option('--print-json', 'tell by one line of JSON on standard output that it is ready, instead of words');
  return addConfigOptions(serve, 'all').action(() => run(serve));
}

async function run(serve: Command): Promise<void> {
  const { env } = process;
  const { config, reports, reconfigure } = await configOf(serve, env);
  const { logger, flush } = createLogger(config.log, 2);
  const stop = stopSignal(logger, flush);
  for (const report of reports) logger.info({ key: report.key, state: report.state }, report.text);
  try {
    const metrics = new Metrics();
    const surroundings = await chooseSurroundings({ config, env, logger, metrics });
    const stateFolder = stateFolderOf({ config, env });
    const composition = compose({ config, reconfigure, surroundings, stateFolder, logger, metrics });
    const stopAll = await startAll(composition.components, stop.signal, logger);
    tellReady(composition, surroundings.summary(), serve.opts().printJson === true);
    logger.info({ port: composition.port() }, 'ready');
    await stop.asked;
    await stopAll();
    logger.info('stopped');
  } finally {
    stop.release();
    flush();
  }
}

function tellReady(composition: Composition, summary: string, json: boolean): void {
  const port = composition.port();
  const { caFile } = composition;
  const dashboardPort = composition.dashboardPort();
  const readyMs = Math.round(performance.now());
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ ready: true, port, dashboardPort, caFile, pid: process.pid, readyMs })}\n`,
    );
    return;
  }
  process.stdout.write(`${describeServer({ port, summary, readyMs, caFile, dashboardPort })}\n`);
}

interface ServerSummary {
  readonly port: number;
  readonly summary: string;
  readonly readyMs: number;
  readonly caFile: string | undefined;
  /** 0: there is none. */
  readonly dashboardPort: number;
}

function describeServer({ port, summary, readyMs, caFile, dashboardPort }: ServerSummary): string {
  const lines = [
    `Outrigger is ready on https://localhost:${port} (${readyMs} ms), with ${summary}.`,
    '  POST /inject         AdmissionReview, as the API server sends it',
    '  POST /preview        what would be done to a pod, without doing it',
    '  GET  /healthz/ready  /healthz/live  /metrics',
  ];
  if (caFile !== undefined) lines.push('', 'Preview a pod:', `  ${previewLine(port, caFile)}`);
  if (dashboardPort !== 0) lines.push('', `The dashboard: http://localhost:${dashboardPort}`);
  return [...lines, '', 'Ctrl-C ends it.'].join('\n');
}

function previewLine(port: number, caFile: string): string {
  const url = `'https://localhost:${port}/preview?namespace=default'`;
  const body = `--data-binary @${quote(shortPath(samplePod))}`;
  return `curl --cacert ${quote(shortPath(caFile))} ${url} -H 'content-type: application/yaml' ${body}`;
}

/** For a POSIX shell; plain paths stay readable. */
function quote(path: string): string {
  return /^[\w./@%+=:-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

interface StopSignal {
  readonly signal: AbortSignal;
  readonly asked: Promise<void>;
  release(): void;
}

/**
 * The first SIGINT or SIGTERM asks for a clean end, a second one ends at once. What nobody has caught is logged,
 * and ends the process with 1: its state is unknown then.
 */
function stopSignal(logger: Logger, flush: () => void): StopSignal {
  const controller = new AbortController();
  const asked = Promise.withResolvers<void>();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      flush();
      process.exit(name === 'SIGINT' ? 130 : 143);
    }
    logger.info({ signal: name }, 'stopping');
    controller.abort();
    asked.resolve();
  };
  const onUncaught = (error: unknown): void => {
    logger.fatal({ err: error }, 'uncaught error');
    flush();
    process.exit(1);
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.on('uncaughtException', onUncaught).on('unhandledRejection', onUncaught);
  const release = (): void => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    process.off('uncaughtException', onUncaught).off('unhandledRejection', onUncaught);
  };
  return { signal: controller.signal, asked: asked.promise, release };
}
