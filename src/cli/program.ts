import { Command } from 'commander';
import { command as analyze } from './analyze.ts';
import { command as authn } from './authn.ts';
import { checkCommand, verifyCommand } from './check.ts';
import { command as completion } from './completion.ts';
import { command as describe, experimentalCommand } from './describe.ts';
import { command as emergency } from './emergency.ts';
import { injectCommand, kubeInjectCommand } from './inject.ts';
import { command as install } from './install.ts';
import { command as manifest } from './manifest.ts';
import { command as migrate } from './migrate.ts';
import { command as cost } from './observe/cost.ts';
import { command as dashboard } from './observe/dashboard.ts';
import { command as edges } from './observe/edges.ts';
import { command as stat } from './observe/stat.ts';
import { command as tap } from './observe/tap.ts';
import { command as top } from './observe/top.ts';
import { command as playground } from './playground.ts';
import { command as preview } from './preview.ts';
import { command as proxyConfig } from './proxy-config.ts';
import { command as proxyStatus } from './proxy-status.ts';
import { command as root } from './root.ts';
import { command as scope } from './scope.ts';
import { command as serve } from './serve.ts';
import { command as tag } from './tag.ts';
import { command as translate } from './translate.ts';
import { command as uninject } from './uninject.ts';
import { command as uninstall } from './uninstall.ts';
import { ownVersion, command as version } from './version.ts';
import { command as workload } from './workload.ts';

/** Every command, in the order of `--help`. Each file exports `command()`. */
const commands: readonly (() => Command)[] = [
  serve,
  preview,
  injectCommand,
  kubeInjectCommand,
  uninject,
  install,
  uninstall,
  tag,
  checkCommand,
  verifyCommand,
  manifest,
  translate,
  proxyStatus,
  proxyConfig,
  authn,
  describe,
  experimentalCommand,
  analyze,
  dashboard,
  stat,
  edges,
  tap,
  top,
  cost,
  migrate,
  emergency,
  scope,
  root,
  workload,
  playground,
  version,
  completion,
];

export function createProgram(): Command {
  const program = new Command('outrigger')
    .description('A service mesh for Kubernetes: injection that can be trusted and explained.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .exitOverride();
  for (const command of commands) program.addCommand(command());
  inherit(program);
  return program;
}

/** Also for commands within commands: a wrong command line is thrown everywhere, and says where the right ones are. */
function inherit(command: Command, path = command.name()): void {
  command.showHelpAfterError(`See \`${path} --help\`.`);
  for (const child of command.commands) inherit(child.copyInheritedSettings(command), `${path} ${child.name()}`);
}
