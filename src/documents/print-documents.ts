import { stringify } from 'yaml';
import type { JsonObject } from '../model/json.ts';
import { editDocument } from './edit-node.ts';
import type { ManifestDocument } from './read-documents.ts';

/** A document with another object in it; the very text of the user where nothing changed. */
export function printDocument(document: ManifestDocument, after: JsonObject): string {
  if (after === document.object) return document.source;
  if (document.node === undefined) return `${JSON.stringify(after, null, jsonIndent(document.source))}\n`;
  const node = document.node.clone();
  editDocument(node, document.object, after);
  return node.toString({
    lineWidth: 0,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
    indentSeq: indentsSequences(document.source),
    flowCollectionPadding: !/[{[]\S/.test(document.source),
  });
}

/** Documents as one YAML stream; JSON documents one after another. */
export function joinDocuments(texts: readonly string[]): string {
  return texts.map((text) => text.replace(/^---[^\S\n]*\n/, '').replace(/\n?$/, '\n')).join('---\n');
}

export function printYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** `- ` under its key, or two columns further: whichever the user writes. */
function indentsSequences(source: string): boolean {
  return !/^( *)(?:- )?[\w.-]+:[^\S\n]*\n\1- /m.test(source);
}

function jsonIndent(source: string): number {
  return /\n( +)"/.exec(source)?.[1]?.length ?? 2;
}
