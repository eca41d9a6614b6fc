import { Command } from 'commander';
import { printRows, printValue } from '../print-value.ts';
import { addObserveOptions, type ObserveFlags, showGraph, wantedOf } from './observe-flags.ts';
import { edgeRows, edgeTable } from './tables.ts';

/** `outrigger edges`: who calls whom, secured or not. */
export function command(): Command {
  const edges = new Command('edges')
    .description('show who calls whom, and whether by mutual TLS')
    .argument('[workload]', 'deploy, deploy/NAME or NAME: of one side or the other')
    .addHelpText(
      'after',
      `
Examples:
  outrigger edges deploy
  outrigger edges deploy/reviews-v1 -n default
  outrigger edges -A -o yaml

SECURED goes by connections, not by policies: √ for mutual TLS, "no" or a share for others, "-" where nobody in the mesh tells.
`,
    );
  return addObserveOptions(edges).action(async (given: string | undefined, flags: ObserveFlags) => {
    const wanted = await wantedOf(given, flags);
    await showGraph(flags, (graph) => {
      const rows = edgeRows(graph, wanted);
      if (flags.output === 'table') printRows(edgeTable(rows), 'Nobody called anybody.');
      else
        printValue(
          rows.map(({ edge }) => edge),
          flags.output,
        );
    });
  });
}
