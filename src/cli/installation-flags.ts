import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  type InstallationFlags,
  type InstallationOptions,
  readInstallation,
} from '../app/installation/installation-options.ts';
import { OutriggerError } from '../errors.ts';
import { setKeys } from '../install/manifest-options.ts';

/** The options of what is installed: the same for each command that makes the objects. */
export function addInstallationFlags(command: Command): Command {
  return command
    .option('-s, --set <KEY=VALUE>', 'set a value; repeat it, or separate several by commas', collect, [])
    .option('-f, --filename <file>', 'file of such values, or an IstioOperator; may be given again', append, [])
    .option('-r, --revision <name>', 'as --set revision=<name>')
    .addHelpText('after', setHelp());
}

/** Reads the flags; what of Istio's values has no effect is said on standard error. */
export function installationOf(flags: InstallationFlags): InstallationOptions {
  const installation = readInstallation(flags, readText);
  for (const { key, text } of installation.reports) process.stderr.write(`! ${key} has no effect: ${text}\n`);
  return installation;
}

/** Helm's and Istio's form: `a=1,b=2`, but a comma inside `{}` or `[]` belongs to the value. */
function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, ...value.split(/,(?![^{]*\})(?![^[]*\])(?=[^,=]+=)/)];
}

function append(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1704', `it cannot be read (${code})`, { at: path, cause });
  }
}

function setHelp(): string {
  const lines = [
    ['profile', 'minimal (control plane), default (and an ingress gateway), demo (both gateways, all traced)'],
    ...setKeys.map((key) => [key.name, key.description]),
    ['meshConfig.…', "Istio's meshConfig, followed by a running control plane: docs/mesh-config.md"],
    ['values.…', "values of Istio's charts: mapped, or reported with the reason"],
    ['mesh.…, injection.…', 'any key of the server: `outrigger serve --help`, docs/configuration.md'],
  ];
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return ['', 'Values of --set and -f:', ...lines.map(([name = '', text]) => `  ${name.padEnd(width)}  ${text}`)].join(
    '\n',
  );
}
