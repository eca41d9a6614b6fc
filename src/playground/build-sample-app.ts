import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { runCommand } from './network/run-command.ts';

/**
 * The sample app as JavaScript in a folder: pods would each load the compiler otherwise, which takes more memory than
 * the app. In a process of its own, for the warning that Node gives of an interface that it may still change.
 */
export async function buildSampleApp(folder: string): Promise<string> {
  const flags = ['--disable-warning=ExperimentalWarning'];
  await runCommand(process.execPath, [...flags, import.meta.filename, folder]);
  return folder;
}

function build(folder: string): void {
  const source = join(import.meta.dirname, 'sample-app');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
  for (const name of readdirSync(source)) {
    if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
    const text = stripTypeScriptTypes(readFileSync(join(source, name), 'utf8'));
    const imports = text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'");
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), imports);
  }
}

if (import.meta.main) build(process.argv[2] ?? '');
