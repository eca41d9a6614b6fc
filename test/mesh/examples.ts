import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../shared/examples');

/** The manifests of tutorials; they lie beside the project and not in it. */
export function exampleNames(): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.yaml'));
}

/** Byte for byte. */
export function example(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}
