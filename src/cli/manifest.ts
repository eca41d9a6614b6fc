import { Command, Option } from 'commander';
import type { InstallationFlags } from '../app/installation/installation-options.ts';
import { buildManifests } from '../install/build-manifests.ts';
import type { KubernetesObject } from '../install/kubernetes-object.ts';
import { complete, defaultManifestOptions } from '../install/manifest-options.ts';
import { printManifests } from '../install/print-manifests.ts';
import { rootsFor } from './generated-roots.ts';
import { addClusterFlags, type ClusterFlags } from './install-cluster.ts';
import { addInstallationFlags, installationOf } from './installation-flags.ts';

type Flags = InstallationFlags & ClusterFlags & { readonly output: 'yaml' | 'json' };

/**
 * `outrigger manifest generate`: the objects of an installation on standard output. With `ca.crt` it contacts nothing;
 * without it the cluster is asked for its roots, and new ones go along where it has none.
 */
export function command(): Command {
  const generate = addInstallationFlags(addClusterFlags(new Command('generate')))
    .description('print the objects of an installation, for `kubectl apply -f -` or for GitOps')
    .addOption(new Option('-o, --output <format>', 'format').choices(['yaml', 'json']).default('yaml'))
    .addHelpText(
      'after',
      `
Examples:
  outrigger manifest generate --set profile=demo | kubectl apply --server-side -f -     # new roots, where the cluster has none
  outrigger manifest generate --set ca.crt=ca.crt --set profile=demo > outrigger.yaml   # for GitOps: no key in it
`,
    )
    .action(async (flags: Flags) => {
      process.stdout.write(printManifests(await objectsOf(flags), flags.output));
    });
  return new Command('manifest').description('the objects of an installation').addCommand(generate);
}

async function objectsOf(flags: Flags): Promise<readonly KubernetesObject[]> {
  const { draft } = installationOf(flags);
  if (draft.caPem !== undefined) return buildManifests(complete(draft));
  const { namespace = defaultManifestOptions.namespace } = draft;
  const now = new Date();
  const { caPem, secrets } = await rootsFor(flags, { namespace, now, isTerminal: process.stdout.isTTY === true });
  if (secrets.length > 0)
    process.stderr.write('! The output holds new private keys, in Secrets: apply it, do not keep it.\n');
  const objects = buildManifests(complete({ ...draft, caPem }));
  const isSpace = ({ kind }: KubernetesObject) => kind === 'Namespace';
  return [...objects.filter(isSpace), ...secrets, ...objects.filter((object) => !isSpace(object))];
}
