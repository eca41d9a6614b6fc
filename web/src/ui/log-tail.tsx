import { useEffect, useRef, useState } from 'preact/hooks';
import type { LogPage } from '../../../src/dashboard/api-types.ts';
import { pathOf } from '../data/api.ts';
import { useResource } from '../data/use-resource.ts';
import { With } from './states.tsx';

interface LogsProps {
  readonly namespace: string;
  readonly pods: readonly string[];
}

/** What a container has written last. Nothing is read before somebody asks: logs are longer than figures. */
export function Logs({ namespace, pods }: LogsProps) {
  const [on, setOn] = useState(false);
  const [chosen, setChosen] = useState('');
  const [container, setContainer] = useState('');
  if (pods.length === 0) return null;
  // A pod that is gone gives way to one that is there
  const pod = pods.includes(chosen) ? chosen : (pods[0] ?? '');
  return (
    <section>
      <h2>Logs</h2>
      <p>
        <button type="button" aria-pressed={on} onClick={() => setOn(!on)}>
          {on ? 'Hide' : 'Show logs'}
        </button>{' '}
        <label>
          Pod{' '}
          <select value={pod} onChange={({ currentTarget: { value } }) => setChosen(value)}>
            {pods.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </p>
      {on ? <Tail key={pod} {...{ namespace, pod, container, setContainer }} /> : null}
    </section>
  );
}

interface TailProps {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly setContainer: (name: string) => void;
}

function Tail({ namespace, pod, container, setContainer }: TailProps) {
  const query = container === '' ? '' : `?container=${encodeURIComponent(container)}`;
  const resource = useResource<LogPage>(`logs/${pathOf(namespace, pod)}${query}`, 3000);
  return (
    <With resource={resource} what="the log">
      {(page) =>
        page.reason === '' ? (
          <>
            <p>
              <label>
                Container{' '}
                <select value={page.container} onChange={({ currentTarget: { value } }) => setContainer(value)}>
                  {page.containers.map((name) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                </select>
              </label>{' '}
              <span class="muted">The last {page.lines.length} lines, every three seconds.</span>
            </p>
            <Lines lines={page.lines} of={page.container} />
          </>
        ) : (
          <p class="muted">
            {page.reason} In a terminal: <code>{page.command}</code>
          </p>
        )
      }
    </With>
  );
}

/** It stays at its end while whoever reads it is there, and where they are when they have gone up. */
function Lines({ lines, of }: { readonly lines: readonly string[]; readonly of: string }) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  // Each answer is another list
  useEffect(() => {
    if (atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  if (lines.length === 0) return <p class="muted">It has written nothing yet.</p>;
  return (
    <pre
      ref={box}
      class="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label={`Log of ${of}`}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
      }}
    >
      {lines.map((line, at) => (
        <bdi key={at}>{`${line}\n`}</bdi>
      ))}
    </pre>
  );
}
