import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { OutriggerError } from '../errors.ts';
import { configKeys } from './config.ts';
import { type ConfigKey, describeType } from './config-keys.ts';
import { type Configured, readConfigWithIstio } from './istio-overlay.ts';

/** `all` has a flag for each key; `injection` only the ways that reach the settings of the injector. */
export type ConfigScope = 'all' | 'injection';

/** Adds `--config-file`, `--set`, `--istio-values` and the flags of the keys, and the table of all keys to `--help`. */
export function addConfigOptions(command: Command, scope: ConfigScope): Command {
  command.option('--config-file <file>', 'configuration as YAML (OUTRIGGER_CONFIG_FILE)');
  if (scope === 'all') {
    for (const key of configKeys) {
      if (key.flag !== undefined) command.addOption(flagOption(key));
    }
  }
  return command
    .option('--set <key=value>', 'set any key of the configuration; may be given again', append, [])
    .option('--istio-values <file|key=value>', "take the values of Istio's injector; may be given again", append, [])
    .addHelpText('after', `\n${describeKeys(scope)}`);
}

function flagOption(key: ConfigKey): Option {
  const shown = JSON.stringify(key.default) ?? '';
  const fallback = shown === '""' || shown === '[]' ? '' : ` (default: ${shown.replaceAll('"', '')})`;
  return new Option(`--${key.flag} <value>`, `${key.description}${fallback}`);
}

function append(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** Path, variable, type, default and description of every key. */
export function describeKeys(scope: ConfigScope): string {
  const keys = configKeys.filter((key) => scope === 'all' || key.path.startsWith('injection.'));
  const lines = keys.flatMap((key) => [
    `  ${key.path}  (${key.env})`,
    `      ${key.description} ${capital(describeType(key.schema))}; default ${JSON.stringify(key.default)}.`,
  ]);
  const order = 'Keys of --config-file and --set; flags win over the environment, that over the file:';
  return [order, ...lines].join('\n');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration that a command with these options was given, which win over `sets` of somebody else. Throws OR1001,
 * OR1002, OR1003.
 */
export async function configOf(command: Command, env: Environment, sets: readonly string[] = []): Promise<Configured> {
  const options: Record<string, unknown> = command.opts();
  const flags: Record<string, string> = {};
  for (const { flag } of configKeys) {
    const value = flag === undefined ? undefined : options[camelCase(flag)];
    if (flag !== undefined && typeof value === 'string') flags[flag] = value;
  }
  const file = texts(options.configFile)[0] ?? env.OUTRIGGER_CONFIG_FILE;
  const input = { file: await readFileText(file), env, flags, sets: [...sets, ...texts(options.set)] };
  return readConfigWithIstio(input, texts(options.istioValues));
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((item) => typeof item === 'string');
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function readFileText(name: string | undefined): Promise<{ name: string; text: string } | undefined> {
  if (name === undefined || name === '') return undefined;
  try {
    return { name, text: await readFile(name, 'utf8') };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1003', code, { at: name, cause });
  }
}
