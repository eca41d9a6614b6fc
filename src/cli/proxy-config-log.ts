import { Command } from 'commander';
import { defaultLevel, levelPaths, printLevels, readLevels } from '../operate/proxy-config/log.ts';
import { addProxyOptions, chosenProxy, type ProxyFlags } from './chosen-proxy.ts';
import { addClusterOptions, outputOption } from './cluster-flags.ts';
import { printValue } from './print-value.ts';

interface Flags extends ProxyFlags {
  readonly level?: string;
  readonly reset?: boolean;
  readonly output: 'table' | 'json' | 'yaml';
}

/** `outrigger proxy-config log`: what a proxy writes into its log. */
export function logCommand(): Command {
  const made = new Command('log')
    .aliases(['o'])
    .description('show and set the log levels of a proxy')
    .argument('<pod>', 'POD, POD.NAMESPACE or deploy/NAME')
    .option('--level <level>', 'trace, debug, info, warning, error, critical or off; of one: http:debug,router:trace')
    .option('-r, --reset', `back to ${defaultLevel}`)
    .addOption(outputOption('table', 'json', 'yaml'));
  return addProxyOptions(addClusterOptions(made)).action(run);
}

async function run(pod: string, flags: Flags): Promise<void> {
  const { admin } = await chosenProxy(pod, flags);
  const read = async () => readLevels(await admin.post('/logging'), admin.proxy);
  const level = flags.reset === true ? defaultLevel : flags.level;
  let active = await read();
  if (level !== undefined) {
    for (const path of levelPaths(level, active.keys())) await admin.post(path);
    active = await read();
  }
  if (flags.output === 'table') process.stdout.write(printLevels(active));
  else printValue(Object.fromEntries(active), flags.output);
}
