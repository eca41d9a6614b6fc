import type { Applied } from '../install/apply-part.ts';
import type { Progress } from '../install/progress.ts';

export interface ProgressTeller {
  readonly tell: (progress: Progress) => void;
  /** Takes the line of what is awaited away. */
  clear(): void;
  end(text: string): void;
}

/** A line per part; on a terminal what is awaited stands below, and goes when it is there. Elsewhere only a pod in trouble is told. */
export function installProgress(out: NodeJS.WriteStream): ProgressTeller {
  let shown = false;
  let lastTrouble = '';
  const clear = () => {
    if (shown) out.write('\r\u001b[K');
    shown = false;
  };
  return {
    clear,
    tell: (progress) => {
      clear();
      if (progress.kind === 'waiting') {
        if (out.isTTY !== true) {
          const { title, trouble = '' } = progress;
          // The same of the next replica, and once more, is nothing new.
          const what = trouble.replace(/^\S+ |\d+/g, '');
          if (what !== '' && what !== lastTrouble) out.write(`… ${title}: ${trouble}\n`);
          lastTrouble = what;
          return;
        }
        out.write(`… ${progress.title}: ${progress.problem}`.slice(0, Math.max(20, out.columns - 1)));
        shown = true;
        return;
      }
      out.write(`${lineOf(progress)}\n`);
    },
    end: (text) => {
      clear();
      out.write(`${text}\n`);
    },
  };
}

export function lineOf(progress: Exclude<Progress, { kind: 'waiting' }>): string {
  if (progress.kind === 'warning') return `‼ ${progress.text}`;
  const { title, applied } = progress;
  return `✔ ${title}${applied === undefined ? '' : ` ${changesOf(applied)}`}`;
}

function changesOf({ created, changed, unchanged, kept }: Applied): string {
  const counts = [
    [created, 'created'],
    [changed, 'changed'],
    [unchanged, 'unchanged'],
    [kept.length, 'kept as another made them'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `(${told.join(', ')})`;
}
