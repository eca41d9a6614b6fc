import { useCallback, useMemo, useState } from 'preact/hooks';
import type { Graph } from '../../../src/dashboard/api-types.ts';
import { replaceQuery, route } from '../data/route.ts';
import { useGraph } from '../data/use-graph.ts';
import { SourceLine } from '../ui/source-line.tsx';
import { Empty, Failed, FailedStrip, Loading } from '../ui/states.tsx';
import { aggregate } from './aggregate.ts';
import { Canvas } from './canvas.tsx';
import { type Choices, readChoices } from './choices.ts';
import { Details } from './details.tsx';
import { filterGraph } from './filter.ts';
import { Legend } from './legend.tsx';
import { Lists } from './lists.tsx';
import { Summary } from './summary.tsx';
import { Toolbar } from './toolbar.tsx';
import { usePlaces } from './use-places.ts';

const lessMotion = window.matchMedia('(prefers-reduced-motion: reduce)');
const small = window.matchMedia('(max-width: 600px)');

export function GraphPage() {
  const choices = readChoices(route.value.query, { lessMotion: lessMotion.matches, small: small.matches });
  const { graph: latest, failure } = useGraph(choices.range);
  const [frozen, setFrozen] = useState<Graph | undefined>(undefined);
  const graph = frozen ?? latest;
  const change = useCallback((changes: Partial<Record<keyof Choices, string>>) => replaceQuery(changes), []);
  return (
    <main class="page graph-page" id="main">
      <h1 class="hidden">Service graph</h1>
      <Toolbar
        choices={choices}
        namespaces={namespacesOf(graph)}
        frozen={frozen !== undefined}
        onChange={change}
        onFreeze={() => setFrozen(frozen === undefined ? latest : undefined)}
      />
      {graph !== undefined && failure !== undefined ? <FailedStrip failure={failure} /> : null}
      {frozen === undefined ? null : (
        <p class="strip" role="status">
          Frozen at {new Date(frozen.at).toLocaleTimeString()}. The mesh goes on.
        </p>
      )}
      {graph === undefined ? (
        failure === undefined ? (
          <Loading what="the service graph" />
        ) : (
          <Failed failure={failure} />
        )
      ) : (
        <Shown graph={graph} choices={choices} frozen={frozen !== undefined} />
      )}
    </main>
  );
}

function Shown({
  graph,
  choices,
  frozen,
}: {
  readonly graph: Graph;
  readonly choices: Choices;
  readonly frozen: boolean;
}) {
  const { level, text, namespace, show, idle } = choices;
  const whole = useMemo(() => aggregate(graph, level), [graph, level]);
  const shown = useMemo(
    () => filterGraph(whole, { text, namespace, show, idle }),
    [whole, text, namespace, show, idle],
  );
  const placed = usePlaces(shown, level);
  const select = useCallback((at: string) => replaceQuery({ at }), []);
  return (
    <>
      <SourceLine source={graph.telemetry} />
      {graph.nodes.length === 0 ? (
        <Empty title="No workloads yet">
          Label a namespace with <code>istio-injection=enabled</code> and restart its pods: each shows up here as soon
          as its proxy connects.
        </Empty>
      ) : shown.nodes.length === 0 ? (
        <Empty title={nothingTitles[choices.show]}>
          {graph.nodes.length} nodes are there, none of them fits what is chosen above.{' '}
          <button type="button" onClick={() => replaceQuery({ text: '', namespace: '', show: '', idle: '' })}>
            Show everything
          </button>
        </Empty>
      ) : (
        <>
          <Summary graph={shown} />
          <div class="stage">
            {choices.view === 'list' ? (
              <Lists graph={shown} onSelect={select} />
            ) : (
              <Canvas
                graph={shown}
                placed={placed}
                label={choices.label}
                moving={choices.moving && !frozen}
                selected={choices.at}
                onSelect={select}
              />
            )}
            <Details graph={shown} selected={choices.at} onSelect={select} />
          </div>
          {choices.view === 'list' ? null : <Legend />}
        </>
      )}
    </>
  );
}

const nothingTitles = {
  all: 'Nothing fits',
  problems: 'No problems',
  plaintext: 'No call seen in plaintext',
  refused: 'No call was refused',
};

function namespacesOf(graph: Graph | undefined): string[] {
  return [...new Set(graph?.nodes.map((node) => node.namespace) ?? [])].filter((name) => name !== '').sort();
}
