import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { buildCrd } from './crd.ts';
import type { KindDefinition } from './kind.ts';
import { kinds } from './kinds.ts';

export const crdFolder = join(import.meta.dirname, '../../manifests/crds');

/** The files of `manifests/crds/`, by name. `npm run crds` writes them; a test keeps them equal to the code. */
export function renderCrdFiles(): ReadonlyMap<string, string> {
  return new Map(kinds.map((kind) => [fileName(kind), renderCrd(kind)]));
}

const fileName = (kind: KindDefinition) => `${kind.group}_${kind.plural}.yaml`;

function renderCrd(kind: KindDefinition): string {
  const head = '# Generated from src/schema/ by `npm run crds`.\n';
  return `${head}${stringify(buildCrd(kind), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

/** What is in the folder now, by name. */
export function readCrdFiles(): ReadonlyMap<string, string> {
  return new Map(
    readdirSync(crdFolder)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => [name, readFileSync(join(crdFolder, name), 'utf8')]),
  );
}

if (import.meta.main) {
  mkdirSync(crdFolder, { recursive: true });
  for (const name of readCrdFiles().keys()) rmSync(join(crdFolder, name));
  for (const [name, text] of renderCrdFiles()) writeFileSync(join(crdFolder, name), text);
}
