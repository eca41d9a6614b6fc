import { useMemo } from 'preact/hooks';
import type { DrawnGraph } from './aggregate.ts';
import {
  type EdgeLabel,
  EdgeLine,
  EdgeText,
  labelOf,
  labelWidth,
  lockStateOf,
  sentenceOf,
  toneOf,
  widthOf,
} from './edge-shape.tsx';
import { hasErrors, hasRefusals, isOpen } from './filter.ts';
import { placeLabels } from './place-labels.ts';
import type { Places } from './place-nodes.ts';

interface EdgesProps {
  readonly graph: DrawnGraph;
  readonly places: Places;
  readonly label: EdgeLabel;
  readonly selected: string;
  readonly near: ReadonlySet<string> | undefined;
  readonly names: ReadonlyMap<string, string>;
  readonly onPick: (id: string) => void;
}

const mostTold = 60;

/** All lines, then all that they tell. */
export function Edges({ graph, places, label, selected, near, names, onPick }: EdgesProps) {
  const drawn = graph.edges.flatMap((edge) => {
    const from = places.get(edge.source);
    const to = places.get(edge.target);
    if (from === undefined || to === undefined) return [];
    return [
      { edge, id: edge.id, from, to, tone: toneOf(edge), dimmed: near !== undefined && !near.has(edge.id), onPick },
    ];
  });
  // Of very many only those tell something that somebody has to know, or has asked for.
  const told =
    drawn.length <= mostTold
      ? drawn
      : drawn.filter(({ edge }) => hasErrors(edge) || hasRefusals(edge) || isOpen(edge) || near?.has(edge.id) === true);
  const spots = useMemo(
    () =>
      placeLabels(
        told.map(({ edge }) => edge),
        places,
        (edge) => labelWidth(labelOf(edge, label)),
      ),
    [graph.edges, places, label, near],
  );
  return (
    <>
      {drawn.map(({ edge, ...line }) => (
        <EdgeLine
          key={edge.id}
          {...line}
          title={sentenceOf(edge, names.get(edge.source) ?? '', names.get(edge.target) ?? '')}
          width={widthOf(edge)}
          selected={edge.id === selected}
        />
      ))}
      {told.map(({ edge, id, tone, dimmed }) => (
        <EdgeText
          key={id}
          {...{ id, tone, dimmed, onPick }}
          x={Math.round(spots.get(id)?.x ?? 0)}
          y={Math.round(spots.get(id)?.y ?? 0)}
          lock={lockStateOf(edge)}
          label={labelOf(edge, label)}
        />
      ))}
    </>
  );
}
