import type { GraphEdge } from '../../../src/dashboard/api-types.ts';
import { formatMs, formatRate, formatShare } from '../format/numbers.ts';
import { lockWords } from '../ui/lock.tsx';
import { type LockState, lockOf, lockPath } from '../ui/marks.tsx';
import { curveOf, pathOf } from './edge-path.ts';
import { hasRefusals } from './filter.ts';
import { memo } from './memo.ts';
import type { Point } from './place-nodes.ts';

export const labels = ['rate', 'errors', 'p95', 'protocol', 'none'] as const;
export type EdgeLabel = (typeof labels)[number];

interface EdgeLineProps {
  readonly id: string;
  readonly from: Point;
  readonly to: Point;
  readonly tone: EdgeTone;
  readonly title: string;
  readonly width: number;
  readonly selected: boolean;
  readonly dimmed: boolean;
  readonly onPick: (id: string) => void;
}

interface EdgeLabelProps extends Pick<EdgeLineProps, 'id' | 'tone' | 'dimmed' | 'onPick'> {
  readonly x: number;
  readonly y: number;
  readonly lock: LockState;
  readonly label: string;
}

export type EdgeTone = 'ok' | 'warn' | 'bad' | 'idle' | 'tcp';

/** From 5 % of errors on red, from the first one or refusal on amber: both have their words beside them. */
export function toneOf(edge: GraphEdge): EdgeTone {
  const { signals, protocol, bytesPerSecond } = edge;
  const share = signals.errorShare ?? 0;
  if (share >= 0.05) return 'bad';
  if (share > 0 || hasRefusals(edge)) return 'warn';
  if (protocol === 'tcp') return bytesPerSecond.sent + bytesPerSecond.received > 0 ? 'tcp' : 'idle';
  return signals.requestsPerSecond > 0 ? 'ok' : 'idle';
}

export function labelOf(edge: GraphEdge, label: EdgeLabel): string {
  const { signals, protocol } = edge;
  const errors = signals.errorShare !== null && signals.errorShare > 0 ? `${formatShare(signals.errorShare)} err` : '';
  if (label === 'none') return errors;
  if (label === 'protocol') return protocol;
  if (label === 'errors') return errors === '' ? '0 % err' : errors;
  if (label === 'p95') return protocol === 'tcp' ? 'tcp' : `p95 ${formatMs(signals.p95)}`;
  const rate = protocol === 'tcp' ? 'tcp' : `${formatRate(signals.requestsPerSecond)}/s`;
  const trouble = errors === '' && hasRefusals(edge) ? 'refused' : errors;
  return trouble === '' ? rate : `${rate} · ${trouble}`;
}

export function sentenceOf(edge: GraphEdge, source: string, target: string): string {
  const { signals, protocol } = edge;
  const rates =
    protocol === 'tcp'
      ? 'TCP'
      : `${protocol} ${formatRate(signals.requestsPerSecond)} requests per second, ${formatShare(signals.errorShare)} errors, p95 ${formatMs(signals.p95)}`;
  return `${source} calls ${target}: ${rates}, ${lockWords(edge.mtls)}`;
}

/** Requests a second to a width, by its logarithm. */
export function widthOf(edge: GraphEdge): number {
  return Math.round(Math.min(6, 1.4 + Math.log10(1 + edge.signals.requestsPerSecond)) * 2) / 2;
}

/** An edge: its errors as colour, its rate as width. */
export const EdgeLine = memo((props: EdgeLineProps) => {
  const { id, tone } = props;
  const path = pathOf(curveOf(props.from, props.to));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; by keyboard edges are reached from their node and in the list
    <g class={classesOf('edge', props)} data-edge={id} onClick={() => props.onPick(id)}>
      <title>{props.title}</title>
      <path class="hit" d={path} />
      <path
        class="line"
        d={path}
        stroke-width={props.selected ? props.width + 1.5 : props.width}
        marker-end={`url(#head-${tone})`}
      />
    </g>
  );
});

/** What an edge tells, with its lock; above all lines, so that none crosses it. */
export const EdgeText = memo((props: EdgeLabelProps) => {
  const { id, x, y, lock, label } = props;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <g class={classesOf('edge-text near', props)} transform={`translate(${x} ${y})`} onClick={() => props.onPick(id)}>
      <path
        class={`lock-${lock}`}
        transform={`translate(${-7 - label.length * 3} -7)`}
        d={lockPath(lock)}
        fill-rule="evenodd"
      />
      <text class="edge-label" x={10} y={4} text-anchor="middle">
        {label}
      </text>
    </g>
  );
});

function classesOf(
  name: string,
  { tone, selected, dimmed }: { tone: EdgeTone; selected?: boolean; dimmed: boolean },
): string {
  return `${name} tone-${tone}${selected ? ' selected' : ''}${dimmed ? ' dimmed' : ''}`;
}

/** With its lock, about. */
export function labelWidth(label: string): number {
  return 24 + label.length * 6.5;
}

export function lockStateOf(edge: GraphEdge): LockState {
  return lockOf(edge.mtls.share);
}
