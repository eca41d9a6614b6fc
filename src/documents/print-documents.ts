import type { JsonObject } from '../model/json.ts';
import { editDocument } from './edit-node.ts';
import { printOptions } from './kubernetes-yaml.ts';
import type { ManifestDocument } from './read-documents.ts';

/** A document with another object in it; the very text of the user where nothing changed. */
export function printDocument(document: ManifestDocument, after: JsonObject): string {
  if (after === document.object) return document.source;
  if (document.node === undefined) return `${JSON.stringify(after, null, jsonIndent(document.source))}\n`;
  const node = document.node.clone();
  editDocument(node, document.object, after);
  const text = node.toString({
    ...printOptions,
    indentSeq: indentsSequences(document.source),
    flowCollectionPadding: !/[{[]\S/.test(document.source),
  });
  return document.source.includes('\r\n') ? text.replace(/\r?\n/g, '\r\n') : text;
}

/** Documents as one YAML stream; JSON documents one after another. */
export function joinDocuments(texts: readonly string[]): string {
  const end = texts[0]?.includes('\r\n') ? '\r\n' : '\n';
  return texts.map((text) => text.replace(/^---[^\S\n]*\n/, '').replace(/\r?\n?$/, end)).join(`---${end}`);
}

/** `- ` under its key, or two columns further: whichever the user writes. */
function indentsSequences(source: string): boolean {
  return !/^( *)(?:- )?[\w.-]+:[^\S\n]*(?:#.*)?\n(?:[^\S\n]*#.*\n)*\1- /m.test(source);
}

function jsonIndent(source: string): number {
  return /\n( +)"/.exec(source)?.[1]?.length ?? 2;
}
