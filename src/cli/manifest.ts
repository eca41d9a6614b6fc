import { Command, Option } from 'commander';
import type { InstallationFlags } from '../app/installation/installation-options.ts';
import { buildManifests } from '../install/build-manifests.ts';
import { complete } from '../install/manifest-options.ts';
import { printManifests } from '../install/print-manifests.ts';
import { addInstallationFlags, installationOf } from './installation-flags.ts';

/** `outrigger manifest generate`: the objects of an installation on standard output. Contacts nothing. */
export function command(): Command {
  const generate = addInstallationFlags(new Command('generate'))
    .description('print the objects of an installation, for `kubectl apply -f -` or for GitOps')
    .addOption(new Option('-o, --output <format>', 'format').choices(['yaml', 'json']).default('yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger manifest generate --set ca.crt=ca.crt --set profile=demo | kubectl apply --server-side -f -
  outrigger manifest generate --set ca.crt=ca.crt --set meshConfig.accessLogFile=/dev/stdout
`,
    )
    .action((flags: InstallationFlags & { output: 'yaml' | 'json' }) => {
      const objects = buildManifests(complete(installationOf(flags).draft));
      process.stdout.write(printManifests(objects, flags.output));
    });
  return new Command('manifest').description('the objects of an installation').addCommand(generate);
}
