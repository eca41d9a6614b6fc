import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { DrawnGraph } from './aggregate.ts';
import type { ArrangeRequest } from './arrange.ts';
import { type Places, type Point, placeNew, settled, wantsArranging } from './place-nodes.ts';

export interface Placed {
  readonly places: Places;
  /** Goes up by one whenever all has been arranged anew. */
  readonly round: number;
  readonly arranging: boolean;
  readonly rearrange: () => void;
}

/** Places of the nodes of a graph, which stay while the graph lives. Those of each level are remembered. */
export function usePlaces(graph: DrawnGraph, level: string): Placed {
  const [held, setHeld] = useState<{ level: string; places: Places; round: number }>({
    level,
    places: new Map(),
    round: 0,
  });
  const [wanted, setWanted] = useState(0);
  const remembered = useRef(new Map<string, Places>());
  const known = held.level === level ? held.places : (remembered.current.get(level) ?? new Map());
  const current = useMemo(() => settled(known, graph), [known, graph]);
  const shape = `${graph.nodes.map((node) => node.id).join('\n')} ${current === known}`;
  const arranging = wantsArranging(current, graph);

  // Only when nodes come or go, or the user wants it
  useEffect(() => {
    if (graph.nodes.length === 0) return undefined;
    if (!arranging && held.level === level && wanted === 0) {
      setHeld((before) => ({ ...before, places: placeNew(current, graph) }));
      return undefined;
    }
    if (!arranging && wanted === 0) {
      setHeld(({ round }) => ({ level, places: placeNew(current, graph), round: round + 1 }));
      return undefined;
    }
    return arrangeApart(graph, (found) => {
      setWanted(0);
      setHeld(({ round }) => {
        const places: Places = new Map([...(wanted === 0 ? current : []), ...found]);
        return { level, places, round: round + 1 };
      });
    });
  }, [shape, level, wanted]);

  useEffect(() => void remembered.current.set(held.level, held.places), [held]);
  const places = useMemo(() => (arranging ? current : placeNew(current, graph)), [current, graph, arranging]);
  return { places, round: held.round, arranging, rearrange: () => setWanted((count) => count + 1) };
}

/** @returns what gives it up */
function arrangeApart({ nodes, edges }: DrawnGraph, onDone: (places: readonly [string, Point][]) => void): () => void {
  const worker = new Worker(new URL('./arrange-worker.ts', import.meta.url), { type: 'module' });
  const request: ArrangeRequest = {
    nodes: nodes.map((node) => node.id),
    edges: edges.map((edge) => [edge.source, edge.target] as const),
  };
  worker.onmessage = ({ data }: MessageEvent<[string, Point][]>) => {
    onDone(data);
    worker.terminate();
  };
  // Without the worker there are still places: each beside its neighbours.
  worker.onerror = () => onDone([...placeNew(new Map(), { nodes, edges })]);
  worker.postMessage(request);
  return () => worker.terminate();
}
