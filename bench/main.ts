import { benchConfig } from './config.ts';
import { benchDatapath } from './datapath.ts';
import { benchGrowth, benchReplicas } from './growth.ts';
import { benchInject } from './inject.ts';
import { benchMemory } from './memory.ts';
import { benchObserve } from './observe.ts';
import { benchScale } from './scale.ts';
import { benchSidecar } from './sidecar.ts';
import { printTable, type Row } from './table.ts';
import { benchTelemetry } from './telemetry.ts';
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
  replicas: benchReplicas,
  translate: benchTranslate,
  sidecar: benchSidecar,
  datapath: benchDatapath,
  observe: benchObserve,
  telemetry: benchTelemetry,
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
