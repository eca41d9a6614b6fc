import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { OutriggerError } from '../errors.ts';
import { buildManifests } from '../install/build-manifests.ts';
import { parseManifestOptions, setKeys } from '../install/manifest-options.ts';
import { printManifests } from '../install/print-manifests.ts';

/** `outrigger manifest generate`: the objects of an installation on standard output. Contacts nothing. */
export function command(): Command {
  const generate = new Command('generate')
    .description('print the objects of an installation, for `kubectl apply -f -` or for GitOps')
    .option('-s, --set <KEY=VALUE>', 'set a value; repeat it, or separate several by commas', collect, [])
    .option('-r, --revision <name>', 'as --set revision=<name>')
    .addOption(new Option('-o, --output <format>', 'format').choices(['yaml', 'json']).default('yaml'))
    .addHelpText('after', setHelp())
    .action((options: { set: string[]; revision?: string; output: 'yaml' | 'json' }) => {
      const pairs = [...options.set, ...(options.revision === undefined ? [] : [`revision=${options.revision}`])];
      const objects = buildManifests(parseManifestOptions(pairs, readText));
      process.stdout.write(printManifests(objects, options.output));
    });
  return new Command('manifest').description('the objects of an installation').addCommand(generate);
}

/** Helm's and Istio's form: `a=1,b=2`, but a comma inside `{}` belongs to the value. */
function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, ...value.split(/,(?![^{]*\})(?=[^,=]+=)/)];
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
  const width = Math.max(...setKeys.map((key) => key.name.length));
  return ['', 'Values of --set:', ...setKeys.map((key) => `  ${key.name.padEnd(width)}  ${key.description}`)].join(
    '\n',
  );
}
