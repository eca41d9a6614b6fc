import { type Origin, printOrigin } from '../../model/origin.ts';
import { printable } from '../text/table.ts';

/** A heading and what is said below it. */
export interface Block {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What applies to a pod or a service, and why. */
export interface Description {
  readonly blocks: readonly Block[];
  /** What is wrong or surprising, in whole sentences. */
  readonly warnings: readonly string[];
}

export function printDescription({ blocks, warnings }: Description): string {
  const texts = blocks.map(({ title, lines }) =>
    [title, ...lines.map((line) => `   ${line}`)].map(printable).join('\n'),
  );
  const last = warnings.map((warning) => `WARNING ${printable(warning)}`).join('\n');
  return `${[...texts, ...(last === '' ? [] : [last])].join('\n--------------------\n')}\n`;
}

/** `PeerAuthentication default/default`, without field and file. */
export function shortOrigin({ kind, namespace, name }: Origin): string {
  return printOrigin({ kind, namespace, name });
}

export function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}
