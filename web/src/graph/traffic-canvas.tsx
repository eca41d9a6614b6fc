import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { GraphEdge } from '../../../src/dashboard/api-types.ts';
import { type Curve, curveOf, pointAt } from './edge-path.ts';
import type { Places } from './place-nodes.ts';
import type { View } from './viewport.ts';

interface TrafficProps {
  readonly edges: readonly GraphEdge[];
  readonly places: Places;
  readonly view: Signal<View>;
}

interface Lane {
  readonly curve: Curve;
  readonly dots: number;
  /** Of the dots, how many are failed requests. */
  readonly failed: number;
  /** Of the way, a second. */
  readonly speed: number;
}

/** All dots together, so that a large mesh costs no more than a small one. */
const mostDots = 500;
const frameMs = 33;

/** Requests on their way, as dots; failed ones are squares. On a canvas, because SVG would paint all of the graph anew for each step. */
export function TrafficCanvas({ edges, places, view }: TrafficProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (element === null || pen === null || pen === undefined) return undefined;
    const lanes = lanesOf(edges, places);
    let last = 0;
    let frame = requestAnimationFrame(function step(time) {
      frame = requestAnimationFrame(step);
      if (time - last < frameMs) return;
      last = time;
      draw(element, pen, { lanes, view: view.peek(), time });
    });
    return () => cancelAnimationFrame(frame);
  }, [edges, places, view]);
  return (
    <div class="traffic" aria-hidden="true">
      <canvas ref={canvas} />
    </div>
  );
}

function lanesOf(edges: readonly GraphEdge[], places: Places): Lane[] {
  const busy = edges.filter((edge) => edge.signals.requestsPerSecond > 0 || edge.bytesPerSecond.sent > 0);
  const share = Math.min(1, mostDots / Math.max(1, busy.length * 3));
  return busy.flatMap((edge) => {
    const from = places.get(edge.source);
    const to = places.get(edge.target);
    if (from === undefined || to === undefined) return [];
    const rate = edge.signals.requestsPerSecond;
    const dots = Math.max(1, Math.round(Math.min(8, 1 + 2 * Math.log10(1 + rate)) * share));
    const failed = Math.ceil(dots * (edge.signals.errorShare ?? 0));
    return [{ curve: curveOf(from, to), dots, failed, speed: 0.25 + Math.min(0.5, Math.log10(1 + rate) / 8) }];
  });
}

function draw(
  element: HTMLCanvasElement,
  pen: CanvasRenderingContext2D,
  { lanes, view, time }: { lanes: readonly Lane[]; view: View; time: number },
): void {
  const { clientWidth: width, clientHeight: height } = element;
  const ratio = Math.min(2, window.devicePixelRatio);
  if (element.width !== Math.round(width * ratio) || element.height !== Math.round(height * ratio)) {
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(element);
  const [good, bad] = [style.getPropertyValue('--dot'), style.getPropertyValue('--bad')];
  const radius = Math.max(1.2, 3 * Math.min(1, view.scale));
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  for (const lane of lanes) {
    for (let dot = 0; dot < lane.dots; dot++) {
      const at = pointAt(lane.curve, ((time / 1000) * lane.speed + dot / lane.dots) % 1);
      const x = at.x * view.scale + view.x;
      const y = at.y * view.scale + view.y;
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const failed = dot < lane.failed;
      pen.fillStyle = failed ? bad : good;
      dotAt(pen, { x, y, radius, failed });
    }
  }
}

function dotAt(
  pen: CanvasRenderingContext2D,
  { x, y, radius, failed }: { x: number; y: number; radius: number; failed: boolean },
): void {
  pen.beginPath();
  if (failed) pen.rect(x - radius * 1.3, y - radius * 1.3, radius * 2.6, radius * 2.6);
  else pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}
