/**
 * Values that stand for an expression of Helm while objects are rendered, and become it in their text. A mark is a plain word,
 * so that YAML puts no quotes around it.
 */
export interface ChartMarks {
  /** A text, quoted where it is all of a value. */
  text(expression: string): string;
  /** A number or a boolean. */
  raw(expression: string): string;
  /** Lines of their own, indented below the key. */
  block(expression: string): string;
  /** As `text`, in a line that is there only under the condition. */
  when(condition: string, expression: string): string;
  /** The text of YAML with its marks replaced. */
  replace(yaml: string): string;
}

type Mark = {
  readonly kind: 'text' | 'raw' | 'block' | 'when';
  readonly expression: string;
  readonly condition: string;
};

export function createMarks(): ChartMarks {
  const marks: Mark[] = [];
  const mark = (kind: Mark['kind'], expression: string, condition = '') => {
    marks.push({ kind, expression, condition });
    return `MARK${marks.length - 1}X`;
  };
  return {
    text: (expression) => mark('text', expression),
    raw: (expression) => mark('raw', expression),
    block: (expression) => mark('block', expression),
    when: (condition, expression) => mark('when', expression, condition),
    replace: (yaml) =>
      yaml
        .split('\n')
        .map((line) => replaceLine(line, marks))
        .join('\n'),
  };
}

const whole = /^( *)((?:- )?)(?:([^\s:]+): |)["']?MARK(\d+)X["']?$/;

function replaceLine(line: string, marks: readonly Mark[]): string {
  const [, spaces = '', dash = '', key, index] = whole.exec(line) ?? [];
  const mark = index === undefined ? undefined : marks[Number(index)];
  if (mark === undefined || (dash === '' && key === undefined)) return inline(line, marks);
  const before = `${spaces}${dash}${key === undefined ? '' : `${key}: `}`;
  const { kind, expression, condition } = mark;
  if (kind === 'raw') return `${before}{{ ${expression} }}`;
  if (kind === 'text') return `${before}{{ ${expression} | quote }}`;
  if (kind === 'when') return `${spaces}{{- if ${condition} }}\n${before}{{ ${expression} }}\n${spaces}{{- end }}`;
  return `${before.trimEnd()}\n{{ ${expression} | indent ${spaces.length + dash.length + 2} }}`;
}

function inline(line: string, marks: readonly Mark[]): string {
  return line.replaceAll(/MARK(\d+)X/g, (_, index) => `{{ ${marks[Number(index)]?.expression ?? ''} }}`);
}

/** A key with all that is below it, only under a condition. */
export function onlyWhen(yaml: string, key: string, condition: string): string {
  const lines = yaml.split('\n');
  const at = lines.findIndex((line) => line.trimStart() === `${key}:`);
  if (at === -1) return yaml;
  const indent = (line: string) => line.length - line.trimStart().length;
  const depth = indent(lines[at] ?? '');
  const below = lines.slice(at + 1).findIndex((line) => indent(line) <= depth);
  const end = below === -1 ? lines.length : at + 1 + below;
  return [
    ...lines.slice(0, at),
    `${' '.repeat(depth)}{{- if ${condition} }}`,
    ...lines.slice(at, end),
    `${' '.repeat(depth)}{{- end }}`,
    ...lines.slice(end),
  ].join('\n');
}
