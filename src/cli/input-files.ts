import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ManifestDocument, readDocuments } from '../documents/read-documents.ts';
import { OutriggerError } from '../errors.ts';

export interface InputFile {
  readonly name: string;
  readonly documents: readonly ManifestDocument[];
}

/**
 * Files of Kubernetes objects: `-` is standard input, a folder stands for its .yaml, .yml and .json files.
 *
 * @throws OutriggerError OR1801 unreadable, OR1209 no objects, OR1804 empty
 */
export async function readInputs(names: readonly string[], stdin: NodeJS.ReadableStream): Promise<InputFile[]> {
  if (names.length === 0) throw new OutriggerError('OR1802', 'name a file, a folder, or - for standard input');
  const files = (await Promise.all(names.map(expand))).flat();
  const inputs: InputFile[] = [];
  for (const name of files) {
    const text = name === '-' ? await readAll(stdin) : await readText(name);
    inputs.push({ name, documents: readDocuments(text, titleOf(name)) });
  }
  if (inputs.every(({ documents }) => documents.length === 0))
    throw new OutriggerError('OR1804', 'it has no object', { at: files.map(titleOf).join(', ') });
  return inputs;
}

function titleOf(name: string): string {
  return name === '-' ? 'standard input' : name;
}

async function expand(name: string): Promise<string[]> {
  if (name === '-') return [name];
  const found = await stat(name).catch(unreadable(name));
  if (!found.isDirectory()) return [name];
  const entries = await readdir(name).catch(unreadable(name));
  const files = entries.filter((entry) => /\.(ya?ml|json)$/.test(entry)).sort();
  if (files.length === 0)
    throw new OutriggerError('OR1801', 'the folder has no .yaml, .yml or .json file', { at: name });
  return files.map((file) => join(name, file));
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function readText(name: string): Promise<string> {
  return readFile(name, 'utf8').catch(unreadable(name));
}

function unreadable(name: string): (cause: unknown) => never {
  return (cause) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw new OutriggerError('OR1801', `it cannot be read (${code})`, { at: name, cause });
  };
}
