import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';

/** The version of this build. Throws when package.json is not beside it, which no installation lacks. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return String(JSON.parse(text).version);
}

/** `outrigger version` */
export function command(): Command {
  return new Command('version')
    .description('print the version')
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json', 'yaml']).default('text'))
    .action((options: { output: string }) => {
      const version = ownVersion();
      const lines: Record<string, string> = {
        text: `client version: ${version}`,
        json: JSON.stringify({ clientVersion: { version } }, null, 2),
        yaml: `clientVersion:\n  version: ${version}`,
      };
      process.stdout.write(`${lines[options.output]}\n`);
    });
}
