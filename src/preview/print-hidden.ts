import { printYaml } from '../documents/kubernetes-yaml.ts';
import { printDocument } from '../documents/print-documents.ts';
import type { ManifestDocument } from '../documents/read-documents.ts';
import type { JsonObject } from '../model/json.ts';
import { hideSecrets } from './hide-secrets.ts';

/** A document with another object in it. One with a Secret is printed from its data: comments may tell, too. */
export function printHidden(document: ManifestDocument, after: JsonObject): string {
  const hidden = hideSecrets(after);
  if (hidden === after) return printDocument(document, after);
  return document.format === 'json' ? `${JSON.stringify(hidden, null, 2)}\n` : printYaml(hidden);
}
