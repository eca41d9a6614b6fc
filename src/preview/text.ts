import { createTwoFilesPatch } from 'diff';
import { printYaml } from '../documents/kubernetes-yaml.ts';
import type { ObjectInjection } from '../inject/object-injection.ts';
import { describePreview, type Preview } from './describe.ts';

export interface TextOptions {
  /** Every check's reason, not only the deciding one. */
  readonly explain: boolean;
  readonly rules: boolean;
}

/** For people: what is decided and why, then the unified diff. Lines that are no diff begin with `#`. */
export function printPreview(result: ObjectInjection, options: TextOptions): string {
  const preview = describePreview(result);
  return [...printVerdict(preview, options), ...(options.rules ? printRules(result) : []), printDiff(result)]
    .filter((part) => part !== '')
    .join('\n');
}

export function titleOf(result: ObjectInjection): string {
  return `${result.embedded.kind} ${result.namespace}/${result.embedded.name}`;
}

export function printDiff(result: ObjectInjection): string {
  if (result.after === result.before) return '';
  const title = titleOf(result);
  const before = printYaml(result.before);
  const after = printYaml(result.after);
  // Its time grows with the square of what differs.
  const options = { context: 3, timeout: 300 };
  const diff = createTwoFilesPatch(title, `${title} (injected)`, before, after, '', '', options);
  return diff === undefined ? `# ${title} changes too much for a diff\n` : diff.replace(/^=+\n/, '');
}

function printVerdict(preview: Preview, options: TextOptions): string[] {
  const decision = preview.decision as {
    message?: string;
    decidedBy?: string;
    reasons?: { check: string; verdict: string; message: string }[];
  } | null;
  const error = preview.error as { code: string; message: string; remedy: string; at?: string } | undefined;
  const why =
    error === undefined
      ? `${decision?.message ?? ''} (${decision?.decidedBy ?? ''})`
      : `${error.code} ${error.at === undefined ? '' : `${error.at}: `}${error.message}. ${error.remedy}`;
  const lines = [`# ${preview.kind} ${preview.namespace}/${preview.name}: ${preview.outcome}. ${why}`];
  if (options.explain)
    for (const reason of decision?.reasons ?? [])
      lines.push(`#   ${reason.check.padEnd(18)} ${reason.verdict.padEnd(7)} ${reason.message}`);
  for (const warning of preview.warnings) lines.push(`# warning: ${warning}`);
  const added = preview.added as { requests?: Record<string, string>; limits?: Record<string, string> };
  if (preview.outcome === 'injected')
    lines.push(`# adds requests ${printList(added.requests)}, limits ${printList(added.limits)}`);
  return lines;
}

function printList(list: Readonly<Record<string, string>> | undefined): string {
  const entries = Object.entries(list ?? {});
  return entries.length === 0 ? 'none' : entries.map(([name, value]) => `${name} ${value}`).join(' ');
}

function printRules(result: ObjectInjection): string[] {
  const rules = result.outcome?.rules;
  if (rules === undefined) return [];
  return [
    '# traffic capture, IPv4:',
    ...rules.v4
      .trimEnd()
      .split('\n')
      .map((line) => `#   ${line}`),
  ];
}
