import { readFileSync } from 'node:fs';

/** One query of a panel. `ref` is the letter that Grafana gives it. */
export interface PanelQuery {
  readonly panel: string;
  readonly ref: string;
  readonly expression: string;
}

interface Panel {
  readonly title?: string;
  readonly targets?: readonly { readonly expr?: string; readonly refId?: string }[];
  readonly panels?: readonly Panel[];
}

/** Every query of a dashboard, those of panels in rows, too. */
export function queriesOf(file: string): readonly PanelQuery[] {
  const { panels = [], rows = [] } = JSON.parse(readFileSync(file, 'utf8')) as Panel & { rows?: readonly Panel[] };
  return [...panels, ...rows].flatMap(queriesOfPanel);
}

function queriesOfPanel({ title = '', targets = [], panels = [] }: Panel): PanelQuery[] {
  const own = targets.flatMap(({ expr, refId = '' }) =>
    expr === undefined ? [] : [{ panel: title, ref: refId, expression: expr }],
  );
  return [...own, ...panels.flatMap(queriesOfPanel)];
}

/** With variables in place of `$name`; throws for one that nobody has given. */
export function substituted(expression: string, variables: Readonly<Record<string, string>>): string {
  return expression.replace(/\$(\w+)/g, (whole, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`${whole} has no value: ${expression}`);
    return value;
  });
}
