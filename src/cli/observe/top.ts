import { Command, InvalidArgumentError, Option } from 'commander';
import { printRows, printValue } from '../print-value.ts';
import { addObserveOptions, type ObserveFlags, showGraph, wantedOf } from './observe-flags.ts';
import { edgeRows, type TopOrder, topRows, topTable } from './tables.ts';

interface Flags extends ObserveFlags {
  readonly sort: TopOrder;
  readonly max: number;
}

/** `outrigger top`: the calls with the most requests, failures or latency. */
export function command(): Command {
  const top = new Command('top')
    .description('show the calls with the most requests, failures or latency')
    .argument('[workload]', 'deploy/NAME or NAME: of one side or the other')
    .addOption(new Option('--sort <order>', 'what counts').choices(['rps', 'errors', 'p95']).default('rps'))
    .option('--max <rows>', 'rows at most', count, 20)
    .addHelpText(
      'after',
      '\nExamples:\n  outrigger top -A --sort errors --watch\n  outrigger top deploy/reviews-v1 --max 5\n',
    );
  return addObserveOptions(top).action(async (given: string | undefined, flags: Flags) => {
    const wanted = await wantedOf(given, flags);
    await showGraph(flags, (graph) => {
      const rows = topRows(edgeRows(graph, wanted), flags.sort, flags.max);
      if (flags.output === 'table') printRows(topTable(rows), 'Nobody called anybody.');
      else
        printValue(
          rows.map(({ edge }) => edge),
          flags.output,
        );
    });
  });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a whole number from 1.');
  return value;
}
