import { Command, Option } from 'commander';
import { joinDocuments, printDocument } from '../documents/print-documents.ts';
import { OutriggerError } from '../errors.ts';
import { injectObject, type ObjectInjection } from '../inject/object-injection.ts';
import { printDiff, titleOf } from '../preview/text.ts';
import { addInjectionOptions, setUpInjection } from './injection-setup.ts';
import { readInputs } from './input-files.ts';
import { printJson } from './print-json.ts';

type Output = 'yaml' | 'json' | 'diff';

/** `outrigger inject -`, as `linkerd inject`. */
export function injectCommand(): Command {
  return build(
    'inject',
    'inject the sidecar into workloads and print them; comments and order are kept, flow style is opened where it changes',
  );
}

/** `outrigger kube-inject -f x.yaml`, as `istioctl kube-inject`. */
export function kubeInjectCommand(): Command {
  return build('kube-inject', 'the same as inject, under the name that istioctl has for it');
}

function build(name: string, description: string): Command {
  const inject = new Command(name)
    .description(description)
    .argument('[file...]', 'files or folders of Kubernetes objects; - for standard input')
    .option(
      '-f, --filename <file>',
      'a file, a folder or -; may be given again',
      (value: string, list: string[]) => [...list, value],
      [],
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(['yaml', 'json', 'diff']).default('yaml'));
  return addInjectionOptions(inject).action((files: string[]) => run(inject, files));
}

async function run(inject: Command, files: readonly string[]): Promise<void> {
  const options = inject.opts<{ filename: string[]; output: Output }>();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const inputs = await readInputs([...options.filename, ...files], process.stdin);
  const around = await setUpInjection(inject, inputs, say);
  const injected = inputs.flatMap((input) =>
    input.documents.map((document) => ({ document, ...injectObject(document.object, around) })),
  );
  const results = injected.flatMap((one) => one.results);
  for (const result of results) report(result, say);
  // Half of a file must not reach kubectl: with one pod refused nothing is printed.
  const refused = results.filter((result) => result.error !== undefined);
  if (refused.length > 0)
    throw refused.length === 1
      ? refused[0]?.error
      : new OutriggerError('OR1803', `${refused.length} pods would be refused; each is named above`);
  if (options.output === 'diff') process.stdout.write(results.map(printDiff).join(''));
  else if (options.output === 'json') process.stdout.write(printJson(injected.map(({ after }) => after)));
  else process.stdout.write(joinDocuments(injected.map(({ document, after }) => printDocument(document, after))));
}

function report(result: ObjectInjection, say: (line: string) => void): void {
  const title = titleOf(result);
  if (result.error !== undefined) say(`${title} refused: ${result.error.message}`);
  else if (result.outcome?.decision.inject) say(`${title} injected`);
  else say(`===> Skipping injection because ${title}: ${result.outcome?.decision.message ?? ''}`);
  for (const warning of result.outcome?.warnings ?? []) say(`${title} warning: ${warning}`);
}
