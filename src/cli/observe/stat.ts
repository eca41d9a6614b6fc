import { Command } from 'commander';
import { OutriggerError } from '../../errors.ts';
import { nearest } from '../../model/nearest.ts';
import type { Graph } from '../../model/service-graph.ts';
import { printRows, printValue } from '../print-value.ts';
import { addObserveOptions, type ObserveFlags, showGraph, wantedOf } from './observe-flags.ts';
import { statRows, statTable, type Wanted } from './tables.ts';

/** `outrigger stat`: success, rate and durations of workloads. */
export function command(): Command {
  const stat = new Command('stat')
    .description('show success rate, requests per second and latencies of workloads')
    .argument('[workload]', 'deploy, deploy/NAME or NAME')
    .addHelpText(
      'after',
      `
Examples:
  outrigger stat deploy
  outrigger stat deploy/productpage-v1 -n default --watch
  outrigger stat -A -o json

Figures are those of what called it; of a gateway, of what it calls. "-" is a share of no requests. Exit code 1 when no proxy tells.
`,
    );
  return addObserveOptions(stat).action(async (given: string | undefined, flags: ObserveFlags) => {
    const wanted = await wantedOf(given, flags);
    await showGraph(flags, (graph) => {
      const rows = statRows(graph, wanted);
      if (rows.length === 0 && wanted.name !== undefined && flags.watch !== true) throw noWorkload(graph, wanted);
      if (flags.output !== 'table') printValue(rows, flags.output);
      else printRows(statTable(rows, wanted.namespace === undefined), 'No workload of the mesh is there.');
    });
  });
}

/** OR2531, with the name that is nearest. */
function noWorkload(graph: Graph, { name = '', namespace }: Wanted): OutriggerError {
  const near = nearest(
    name,
    statRows(graph, { namespace, name: undefined }).map((one) => one.name),
  );
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  return new OutriggerError('OR2531', `there is no workload ${name} of the mesh${where}${hint}`);
}
