import { Command, InvalidArgumentError } from 'commander';
import { gatherReports } from '../cluster-access/proxy-reports.ts';
import { asOutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { type ConfigDump, readDump } from '../operate/config-dump/read-dump.ts';
import { type ClusterFilter, showClusters } from '../operate/proxy-config/clusters.ts';
import {
  type EndpointFilter,
  endpointsOfDump,
  readHostStatuses,
  showEndpoints,
} from '../operate/proxy-config/endpoints.ts';
import { showExtensions } from '../operate/proxy-config/extensions.ts';
import { type ListenerFilter, showListeners } from '../operate/proxy-config/listeners.ts';
import { type RouteFilter, showRoutes } from '../operate/proxy-config/routes.ts';
import { showSecrets, withoutKeys } from '../operate/proxy-config/secrets.ts';
import { type Origins, originsOf, type Shown, unknownOrigins } from '../operate/proxy-config/shown.ts';
import { printable, printTable } from '../operate/text/table.ts';
import { addProxyOptions, type ChosenProxy, chosenProxy, type ProxyFlags } from './chosen-proxy.ts';
import {
  addClusterOptions,
  addControlPlaneOptions,
  type ControlPlaneFlags,
  outputOption,
  reportsOf,
} from './cluster-flags.ts';
import { portNumber } from './flag-values.ts';
import { printRows, printValue } from './print-value.ts';
import { logCommand } from './proxy-config-log.ts';

interface Flags extends ProxyFlags, ControlPlaneFlags {
  readonly output: 'table' | 'short' | 'wide' | 'json' | 'yaml';
}

/** What is read for a command: the proxy, its dump, and where resources come from. */
interface Read {
  readonly proxy: ChosenProxy;
  readonly dump: ConfigDump;
  readonly origins: Origins;
}

const podHelp = 'POD, POD.NAMESPACE or deploy/NAME';

type Show<F> = (read: Read, flags: F & Flags) => Shown | Promise<Shown>;

/** `outrigger proxy-config` (`pc`): what a running Envoy has, and which object each of it comes from. */
export function command(): Command {
  return new Command('proxy-config')
    .alias('pc')
    .description('show the configuration of a running proxy, and where each of it comes from')
    .addCommand(clusterCommand())
    .addCommand(listenerCommand())
    .addCommand(routeCommand())
    .addCommand(endpointCommand())
    .addCommand(
      section('secret', 'its certificates; never a key', ({ dump }) => showSecrets(dump, new Date())).aliases([
        'secrets',
        's',
      ]),
    )
    .addCommand(section('ecds', 'its filters that come by name', ({ dump, origins }) => showExtensions(dump, origins)))
    .addCommand(bootstrapCommand())
    .addCommand(logCommand())
    .addCommand(allCommand())
    .addHelpText(
      'after',
      `
Examples:
  outrigger proxy-config cluster productpage-v1-abc.default
  outrigger pc cluster deploy/productpage-v1 --fqdn reviews.default.svc.cluster.local --direction outbound
  outrigger pc listener deploy/productpage-v1 --port 15006
  outrigger pc route deploy/productpage-v1 --name 9080 -o json
  outrigger pc endpoint deploy/productpage-v1 --status unhealthy
  outrigger pc all deploy/productpage-v1 -o json > dump.json; outrigger pc cluster --file dump.json
  outrigger pc log deploy/productpage-v1 --level http:debug
`,
    );
}

function section<F>(name: string, what: string, show: Show<F>): Command {
  const made = new Command(name).description(`show ${what}`).argument('[pod]', podHelp);
  addProxyOptions(addControlPlaneOptions(addClusterOptions(made)));
  made.addOption(outputOption('table', 'short', 'wide', 'json', 'yaml'));
  return made.action(async (pod: string | undefined, flags: F & Flags) => {
    const shown = await show(await read(pod, flags, made), flags);
    if (flags.output === 'json' || flags.output === 'yaml') printValue(withoutKeys([...shown.messages]), flags.output);
    else printRows(shown.table, 'Nothing of it is there.');
  });
}

async function read(pod: string | undefined, flags: Flags, made: Command): Promise<Read> {
  if (pod === undefined && flags.url === undefined && flags.file === undefined)
    made.error("error: missing required argument 'pod' (or --file, --url)", { exitCode: 2 });
  const proxy = await chosenProxy(pod, flags);
  const [text, origins] = await Promise.all([proxy.admin.get('/config_dump?include_eds'), readOrigins(proxy, flags)]);
  return { proxy, dump: readDump(text, proxy.admin.proxy), origins };
}

/** The configuration is shown without them, too. */
async function readOrigins({ id }: ChosenProxy, flags: Flags): Promise<Origins> {
  const asks = flags.output !== 'json' && flags.output !== 'yaml' && (flags.file ?? flags.url) === undefined;
  if (id === undefined || !asks) return unknownOrigins;
  try {
    const { reports } = await gatherReports(reportsOf(flags), id);
    return originsOf(reports.flatMap(({ resources = [] }) => resources));
  } catch (error) {
    process.stderr.write(`Origins are not known: ${printable(asOutriggerError(error).message)}\n`);
    return unknownOrigins;
  }
}

function clusterCommand(): Command {
  return section<ClusterFilter>('cluster', 'its clusters', ({ dump, origins }, flags) =>
    showClusters(dump, flags, origins),
  )
    .aliases(['clusters', 'c'])
    .option('--fqdn <host>', 'of this host: the whole name, or its beginning or end')
    .option('--port <port>', 'of this port of the service', portNumber)
    .option('--direction <direction>', 'inbound or outbound', direction)
    .option('--subset <name>', 'of this subset');
}

function direction(text: string): string {
  if (['inbound', 'outbound', 'inbound-vip'].includes(text.toLowerCase())) return text.toLowerCase();
  throw new InvalidArgumentError('It has to be inbound or outbound.');
}

function listenerCommand(): Command {
  return section<ListenerFilter>('listener', 'its listeners', ({ dump, origins }, flags) =>
    showListeners(dump, flags, origins),
  )
    .aliases(['listeners', 'l'])
    .option('--address <address>', 'of this address')
    .option('--port <port>', 'of this port', portNumber)
    .option('--type <type>', 'HTTP, TCP or HTTP+TCP', listenerType);
}

function listenerType(text: string): string {
  if (['HTTP', 'TCP', 'HTTP+TCP'].includes(text.toUpperCase())) return text.toUpperCase();
  throw new InvalidArgumentError('It has to be HTTP, TCP or HTTP+TCP.');
}

function routeCommand(): Command {
  return section<RouteFilter>('route', 'its routes', ({ dump, origins }, flags) => showRoutes(dump, flags, origins))
    .aliases(['routes', 'r'])
    .option('--name <name>', 'of this route configuration');
}

function endpointCommand(): Command {
  const show: Show<EndpointFilter> = async (read, flags) =>
    showEndpoints(await endpointsOf(read, flags), flags, read.origins);
  return section<EndpointFilter>('endpoint', 'its endpoints, and what checks made of them', show)
    .aliases(['endpoints', 'ep'])
    .option('--address <address>', 'of this address')
    .option('--port <port>', 'of this port', portNumber)
    .option('--cluster <name>', 'of this cluster')
    .option('--status <status>', 'healthy, unhealthy, draining');
}

async function endpointsOf({ proxy: { admin }, dump }: Read, { file }: Flags) {
  if (file !== undefined) return endpointsOfDump(dump);
  return readHostStatuses(await admin.get('/clusters?format=json'), admin.proxy);
}

/** Long, and for programs: it has no table. */
function bootstrapCommand(): Command {
  const made = new Command('bootstrap')
    .aliases(['b'])
    .description('show what it began with')
    .argument('[pod]', podHelp);
  addProxyOptions(addControlPlaneOptions(addClusterOptions(made)));
  made.addOption(outputOption('json', 'yaml').default('json'));
  return made.action(async (pod: string | undefined, flags: Flags) => {
    const { dump } = await read(pod, flags, made);
    printValue({ bootstrap: withoutKeys(dump.bootstrap ?? {}) }, flags.output === 'yaml' ? 'yaml' : 'json');
  });
}

/** Every table; as JSON the whole dump, which --file takes. */
function allCommand(): Command {
  const made = new Command('all').aliases(['a']).description('show all of it').argument('[pod]', podHelp);
  addProxyOptions(addControlPlaneOptions(addClusterOptions(made)));
  made.addOption(outputOption('table', 'short', 'wide', 'json', 'yaml'));
  return made.action(async (pod: string | undefined, flags: Flags) => {
    const all = await read(pod, flags, made);
    if (flags.output === 'json' || flags.output === 'yaml') return printValue(await wholeDump(all), flags.output);
    const { dump, origins } = all;
    const shown = [
      showClusters(dump, {}, origins),
      showListeners(dump, {}, origins),
      showRoutes(dump, {}, origins),
      showEndpoints(await endpointsOf(all, flags), {}, origins),
      showSecrets(dump, new Date()),
      showExtensions(dump, origins),
    ];
    process.stdout.write(shown.map(({ table }) => printTable(table)).join('\n'));
  });
}

async function wholeDump({ proxy: { admin } }: Read): Promise<JsonObject> {
  return withoutKeys(JSON.parse(await admin.get('/config_dump?include_eds')) as JsonObject);
}
