import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { describeTypes, printDescriptors } from './generate-descriptors.ts';

test('descriptors.json is what the .proto files say (npm run protos)', () => {
  const committed = readFileSync(new URL('./descriptors.json', import.meta.url), 'utf8');
  expect(printDescriptors(describeTypes()) === committed).toBe(true);
});
