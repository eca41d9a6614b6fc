import { Command, Option } from 'commander';
import { joinDocuments } from '../documents/print-documents.ts';
import { injectObject, type ObjectInjection } from '../inject/object-injection.ts';
import { describePreview } from '../preview/describe.ts';
import { printHidden } from '../preview/print-hidden.ts';
import { printDiff, printPreview } from '../preview/text.ts';
import { addInjectionOptions, sayAssumed, setUpInjection } from './injection-setup.ts';
import { readInputs } from './input-files.ts';

type Output = 'text' | 'json' | 'yaml' | 'diff';

/** `outrigger preview`: the dry run. Exit code 1 when a pod would be refused. */
export function command(): Command {
  const preview = new Command('preview')
    .description('show what injection would do to pods and workloads, and why, without doing it')
    .argument('[file...]', 'files or folders of Kubernetes objects; - for standard input')
    .option(
      '-f, --filename <file>',
      'a file, a folder or -; may be given again',
      (value: string, list: string[]) => [...list, value],
      [],
    )
    .option('--explain', 'show the reason of every check, and the rules of traffic capture')
    .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json', 'yaml', 'diff']).default('text'));
  return addInjectionOptions(preview).action((files: string[]) => run(preview, files));
}

async function run(preview: Command, files: readonly string[]): Promise<void> {
  const options = preview.opts<{ filename: string[]; explain?: boolean; output: Output }>();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const inputs = await readInputs([...options.filename, ...files], process.stdin);
  const around = await setUpInjection(preview, inputs, say, sayAssumed(say));
  const injected = inputs.flatMap((input) =>
    input.documents.map((document) => ({ document, ...injectObject(document.object, around) })),
  );
  const results = injected.flatMap((one) => one.results);
  if (results.length === 0) process.stderr.write('No object of the input has a pod.\n');
  if (options.output === 'yaml')
    process.stdout.write(joinDocuments(injected.map(({ document, after }) => printHidden(document, after))));
  else process.stdout.write(print(results, options.output, options.explain === true));
  if (results.some((result) => result.error !== undefined)) process.exitCode = 1;
}

function print(results: readonly ObjectInjection[], output: Exclude<Output, 'yaml'>, explain: boolean): string {
  if (output === 'diff') return results.map(printDiff).join('');
  if (output === 'text')
    return results.map((result) => `${printPreview(result, { explain, rules: explain })}\n`).join('');
  const items = results.map(describePreview);
  return `${JSON.stringify(items.length === 1 ? items[0] : { items }, null, 2)}\n`;
}
