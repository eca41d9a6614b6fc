import { type Document, parseDocument, type ToStringOptions } from 'yaml';

const styles: readonly ToStringOptions[] = [true, false].flatMap((indentSeq) =>
  [false, true].flatMap((flowCollectionPadding) =>
    [2, 4].map((indent) => ({ indentSeq, flowCollectionPadding, indent, lineWidth: 0 })),
  ),
);

/**
 * A text changed by way of its document, printed in the style that it has: the one that prints the unchanged document as it
 * came. A difference then shows the change and nothing else. A text in no such style is printed anew.
 */
export function changeYaml(text: string, change: (document: Document.Parsed) => void): string {
  const document = parseDocument(text);
  const style = styles.find((one) => document.toString(one) === text) ?? styles[0];
  change(document);
  return document.toString(style);
}
