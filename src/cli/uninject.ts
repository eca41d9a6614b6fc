import { Command, Option } from 'commander';
import { joinDocuments, printDocument } from '../documents/print-documents.ts';
import { uninjectObject } from '../inject/object-injection.ts';
import { readInputs } from './input-files.ts';
import { printJson } from './print-json.ts';

/** `outrigger uninject -`: gives back the objects that were there before injection, with their comments. */
export function command(): Command {
  const uninject = new Command('uninject')
    .description('take the sidecar out of injected workloads again: gives back the same objects, with their comments')
    .argument('[file...]', 'files or folders of Kubernetes objects; - for standard input')
    .option(
      '-f, --filename <file>',
      'a file, a folder or -; may be given again',
      (value: string, list: string[]) => [...list, value],
      [],
    )
    .addOption(new Option('-o, --output <format>', 'format').choices(['yaml', 'json']).default('yaml'));
  return uninject.action(async (files: string[]) => {
    const options = uninject.opts<{ filename: string[]; output: 'yaml' | 'json' }>();
    const inputs = await readInputs([...options.filename, ...files], process.stdin);
    const restored = inputs.flatMap((input) =>
      input.documents.map((document) => ({ document, ...uninjectObject(document.object) })),
    );
    for (const { embedded, changed } of restored.flatMap((one) => one.results)) {
      process.stderr.write(`${embedded.kind} ${embedded.name} ${changed ? 'uninjected' : 'was not injected'}\n`);
    }
    if (options.output === 'json') process.stdout.write(printJson(restored.map(({ after }) => after)));
    else process.stdout.write(joinDocuments(restored.map(({ document, after }) => printDocument(document, after))));
  });
}
