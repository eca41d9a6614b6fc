import { benchConfig } from './config.ts';
import { benchDatapath } from './datapath.ts';
import { benchGrowth } from './growth.ts';
import { benchInject } from './inject.ts';
import { benchMemory } from './memory.ts';
import { benchScale } from './scale.ts';
import { benchSidecar } from './sidecar.ts';
import { printTable, type Row } from './table.ts';
import { benchTranslate } from './translate.ts';
import { benchValidate } from './validate.ts';
import { benchWebhook } from './webhook.ts';

const benches: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  inject: benchInject,
  webhook: benchWebhook,
  validate: benchValidate,
  memory: benchMemory,
  config: benchConfig,
  scale: benchScale,
  growth: benchGrowth,
  translate: benchTranslate,
  sidecar: benchSidecar,
  datapath: benchDatapath,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const [name, run] of Object.entries(benches)) {
  if (wanted.length === 0 || wanted.includes(name)) printTable(name, await run());
}
