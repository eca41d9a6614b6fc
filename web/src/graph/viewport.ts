import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { nodeHeight, nodeWidth, type Places, type Point } from './place-nodes.ts';

/** From the graph to the screen: `screen = graph * scale + (x, y)`. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Viewport {
  readonly view: Signal<View>;
  readonly zoom: (factor: number) => void;
  readonly pan: (x: number, y: number) => void;
  readonly fit: (places: Places) => void;
  /** Moves just so far that a point is well inside. */
  readonly show: (point: Point) => void;
  /** Whether a person has moved it, after which it is not fitted by itself. */
  readonly moved: () => boolean;
}

const [smallest, largest] = [0.03, 3];
/** A wall is looked at from afar: there a small graph is drawn larger. */
const largestFit = (width: number) => clamp(width / 1750, 1.1, 2.2);

export function useViewport(frame: RefObject<HTMLElement | null>): Viewport {
  const view = useSignal<View>({ x: 0, y: 0, scale: 1 });
  const moved = useRef(false);
  const size = () => frame.current?.getBoundingClientRect() ?? new DOMRect(0, 0, 800, 600);

  const zoomAt = (factor: number, at: Point) => {
    const { x, y, scale } = view.peek();
    const next = clamp(scale * factor, smallest, largest);
    const ratio = next / scale;
    moved.current = true;
    view.value = { scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio };
  };
  const pan = (dx: number, dy: number) => {
    const { x, y, scale } = view.peek();
    moved.current = true;
    view.value = { scale, x: x + dx, y: y + dy };
  };
  // Listeners are set once; what they call holds only references
  useEffect(() => {
    const element = frame.current;
    return element === null ? undefined : listen(element, { zoomAt, pan });
  }, [frame]);

  return {
    view,
    pan,
    zoom: (factor) => zoomAt(factor, { x: size().width / 2, y: size().height / 2 }),
    fit: (places) => {
      moved.current = false;
      view.value = fitted([...places.values()], size());
    },
    show: (point) => {
      const { x, y, scale } = view.peek();
      const { width, height } = size();
      const at = { x: point.x * scale + x, y: point.y * scale + y };
      const dx = clamp(at.x, 110, Math.max(110, width - 110)) - at.x;
      const dy = clamp(at.y, 50, Math.max(50, height - 50)) - at.y;
      if (dx !== 0 || dy !== 0) view.value = { scale, x: x + dx, y: y + dy };
    },
    moved: () => moved.current,
  };
}

export function fitted(points: readonly Point[], { width, height }: Pick<DOMRect, 'width' | 'height'>): View {
  if (points.length === 0) return { x: width / 2, y: height / 2, scale: 1 };
  const left = Math.min(...points.map((point) => point.x)) - nodeWidth / 2 - 24;
  const right = Math.max(...points.map((point) => point.x)) + nodeWidth / 2 + 24;
  const top = Math.min(...points.map((point) => point.y)) - nodeHeight - 24;
  const bottom = Math.max(...points.map((point) => point.y)) + nodeHeight + 24;
  const scale = clamp(Math.min(width / (right - left), height / (bottom - top)), smallest, largestFit(width));
  return {
    scale,
    x: width / 2 - ((left + right) / 2) * scale,
    y: height / 2 - ((top + bottom) / 2) * scale,
  };
}

interface Gestures {
  readonly zoomAt: (factor: number, at: Point) => void;
  readonly pan: (dx: number, dy: number) => void;
}

/** Wheel, drag and two fingers. @returns what takes the listeners away */
function listen(element: HTMLElement, { zoomAt, pan }: Gestures): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const fingers = new Map<number, Point>();
  const inside = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const lift = (event: PointerEvent) => void fingers.delete(event.pointerId);
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), inside(event));
    },
    { passive: false, signal },
  );
  element.addEventListener('pointerdown', (event) => void fingers.set(event.pointerId, inside(event)), { signal });
  element.addEventListener(
    'pointermove',
    (event) => {
      const before = fingers.get(event.pointerId);
      if (before === undefined) return;
      const at = inside(event);
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, at);
      if (other === undefined) pan(at.x - before.x, at.y - before.y);
      else zoomAt(distance(at, other) / Math.max(1, distance(before, other)), other);
    },
    { signal },
  );
  for (const name of ['pointerup', 'pointercancel'] as const) window.addEventListener(name, lift, { signal });
  return () => stop.abort();
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
