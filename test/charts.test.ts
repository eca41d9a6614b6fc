import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chartFiles } from '../manifests/generate-charts.ts';

const manifests = join(import.meta.dirname, '../manifests');

test('chart and overlays are what `npm run charts` makes', () => {
  for (const [path, text] of chartFiles())
    expect([path, readFileSync(join(manifests, path), 'utf8')]).toEqual([path, text]);
});
