import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { profiles, readInstallation } from '../src/app/installation/installation-options.ts';
import { ownVersion } from '../src/cli/version.ts';
import { renderCharts } from '../src/install/chart/render-charts.ts';
import { complete } from '../src/install/manifest-options.ts';

/** The generated files below this folder, by path. `npm run charts` writes them; a test keeps them equal to their source. */
export function chartFiles(): ReadonlyMap<string, string> {
  const options = profiles.map((name) => {
    const { draft } = readInstallation({ set: [`profile=${name}`], filename: [] }, () => '');
    return [name, complete({ ...draft, caPem: '' })] as const;
  });
  return renderCharts(Object.fromEntries(options), ownVersion());
}

if (import.meta.main) {
  for (const [path, text] of chartFiles()) {
    const file = join(import.meta.dirname, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const link = join(import.meta.dirname, 'charts/outrigger/crds');
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync('../../crds', link);
}
