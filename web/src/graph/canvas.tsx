import { useSignalEffect } from '@preact/signals';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { versioned } from '../format/names.ts';
import { formatRate } from '../format/numbers.ts';
import type { DrawnGraph } from './aggregate.ts';
import type { EdgeLabel } from './edge-shape.tsx';
import { Edges } from './edges.tsx';
import { nextNode } from './next-node.ts';
import { NodeShape } from './node-shape.tsx';
import { TrafficCanvas } from './traffic-canvas.tsx';
import type { Placed } from './use-places.ts';
import { useViewport } from './viewport.ts';

interface CanvasProps {
  readonly graph: DrawnGraph;
  readonly placed: Placed;
  readonly label: EdgeLabel;
  readonly moving: boolean;
  readonly selected: string;
  readonly onSelect: (id: string) => void;
}

/** Below it texts cannot be read: signs of health grow instead. */
const nearScale = 0.42;
const tones = ['ok', 'warn', 'bad', 'idle', 'tcp'] as const;

export function Canvas({ graph, placed, label, moving, selected, onSelect }: CanvasProps) {
  const frame = useRef<HTMLDivElement>(null);
  const world = useRef<SVGGElement>(null);
  const dragged = useRef(0);
  const viewport = useViewport(frame);
  const { places } = placed;
  const { view } = viewport;

  useSignalEffect(() => {
    const { x, y, scale } = view.value;
    world.current?.setAttribute('transform', `translate(${x} ${y}) scale(${scale})`);
    frame.current?.classList.toggle('far', scale < nearScale);
  });
  const shownPlaces = useMemo(
    () =>
      new Map(
        graph.nodes.flatMap((node) => (places.has(node.id) ? [[node.id, places.get(node.id) ?? { x: 0, y: 0 }]] : [])),
      ),
    [graph.nodes, places],
  );
  const shape = [...shownPlaces.keys()].join('\n');
  // Fitted when nodes come or go or are arranged, never at each refresh
  useEffect(() => {
    if (!viewport.moved() || placed.round === 1) viewport.fit(shownPlaces);
  }, [shape, placed.round]);
  useEffect(() => {
    const observer = new ResizeObserver(() => viewport.moved() || viewport.fit(shownPlaces));
    if (frame.current !== null) observer.observe(frame.current);
    return () => observer.disconnect();
  }, [shownPlaces, viewport.fit, viewport.moved]);

  const pick = useCallback((id: string) => dragged.current < 5 && onSelect(id), [onSelect]);
  const ids = graph.nodes.map((node) => node.id);
  const current = ids.includes(selected) ? selected : (ids[0] ?? '');
  const names = useMemo(
    () => new Map(graph.nodes.map((node) => [node.id, versioned(node.name, node.version)])),
    [graph.nodes],
  );
  const near = useMemo(() => nearOf(graph, selected), [graph, selected]);

  const busy = useMemo(
    () => (near === undefined ? graph.edges : graph.edges.filter((edge) => near.has(edge.id))),
    [graph.edges, near],
  );

  const keys: Readonly<Record<string, () => void>> = {
    '+': () => viewport.zoom(1.25),
    '=': () => viewport.zoom(1.25),
    '-': () => viewport.zoom(0.8),
    '0': () => viewport.fit(shownPlaces),
  };
  const goOn = (key: string, node: string) => {
    const next = nextNode(key, node, ids, shownPlaces);
    const point = next === undefined ? undefined : shownPlaces.get(next);
    if (next === undefined || point === undefined) return;
    viewport.show(point);
    frame.current?.querySelector<SVGGElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const node = (event.target as Element).getAttribute('data-node');
    const action =
      keys[event.key] ??
      (node === null
        ? undefined
        : event.key === 'Enter' || event.key === ' '
          ? () => onSelect(node)
          : () => goOn(event.key, node));
    if (action === undefined || event.key === 'Tab') return;
    action();
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the nodes and buttons inside
    <div
      class="canvas"
      ref={frame}
      onKeyDown={onKeyDown}
      onPointerDown={() => {
        dragged.current = 0;
      }}
      onPointerMove={(event) => {
        if (event.buttons !== 0) dragged.current += Math.abs(event.movementX) + Math.abs(event.movementY);
      }}
    >
      {moving ? <TrafficCanvas edges={busy} places={shownPlaces} view={view} /> : null}
      <svg class="graph" aria-label={`Service graph: ${graph.nodes.length} nodes, ${graph.edges.length} edges`}>
        <defs>
          {tones.map((tone) => (
            <marker
              key={tone}
              id={`head-${tone}`}
              class={`head tone-${tone}`}
              viewBox="0 0 8 8"
              refX="6"
              refY="4"
              markerWidth="9"
              markerHeight="9"
              markerUnits="userSpaceOnUse"
              orient="auto"
            >
              <path d="M0 0L8 4L0 8z" />
            </marker>
          ))}
        </defs>
        <g ref={world}>
          <Edges graph={graph} places={shownPlaces} {...{ label, selected, near, names }} onPick={pick} />
          {graph.nodes.map((node) => {
            const place = shownPlaces.get(node.id);
            return place === undefined ? null : (
              <NodeShape
                key={node.id}
                id={node.id}
                x={place.x}
                y={place.y}
                kind={node.kind}
                name={node.name}
                version={node.version}
                namespace={node.namespace}
                health={node.health.state}
                reason={node.health.reason}
                rate={node.inbound.requestsPerSecond > 0 ? `${formatRate(node.inbound.requestsPerSecond)}/s` : ''}
                selected={node.id === selected}
                dimmed={near !== undefined && !near.has(node.id)}
                current={node.id === current}
                onPick={pick}
              />
            );
          })}
        </g>
      </svg>
      {placed.arranging ? (
        <p class="arranging" role="status">
          Arranging {graph.nodes.length} nodes…
        </p>
      ) : null}
      <div class="zoom">
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => viewport.zoom(1.25)}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (-)" onClick={() => viewport.zoom(0.8)}>
          −
        </button>
        <button type="button" title="Fit to the window (0)" onClick={() => viewport.fit(shownPlaces)}>
          Fit
        </button>
        <button type="button" title="Arrange all nodes anew" onClick={placed.rearrange}>
          Arrange
        </button>
      </div>
    </div>
  );
}

/** What belongs to the selected node or edge: the rest stands back. `undefined` when nothing is selected. */
function nearOf({ nodes, edges }: DrawnGraph, selected: string): ReadonlySet<string> | undefined {
  const edge = edges.find((one) => one.id === selected);
  if (edge !== undefined) return new Set([edge.id, edge.source, edge.target]);
  if (!nodes.some((node) => node.id === selected)) return undefined;
  const touching = edges.filter((one) => one.source === selected || one.target === selected);
  return new Set([selected, ...touching.flatMap((one) => [one.id, one.source, one.target])]);
}
