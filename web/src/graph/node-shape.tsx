import type { HealthState, NodeKind } from '../../../src/dashboard/api-types.ts';
import { fitText } from '../format/fit-text.ts';
import { healthPath } from '../ui/marks.tsx';
import { memo } from './memo.ts';
import { nodeHeight, nodeWidth } from './place-nodes.ts';

export interface NodeShapeProps {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly kind: NodeKind;
  readonly name: string;
  readonly version: string;
  readonly namespace: string;
  readonly health: HealthState;
  readonly reason: string;
  readonly rate: string;
  readonly selected: boolean;
  readonly dimmed: boolean;
  /** The one of all nodes that Tab stops at; arrows go on from there. */
  readonly current: boolean;
  readonly onPick: (id: string) => void;
}

const nameColumns = 20;
const lineColumns = 18;

/** `ratings.default` of `ratings.default.svc.cluster.local`: calls of it that ended before they reached a pod. */
const serviceName = /^([^.]+\.[^.]+)\.svc\./;

/** A node: its health as shape and colour, name, version and namespace, requests a second that it gets. */
export const NodeShape = memo((props: NodeShapeProps) => {
  const { id, kind, name, version, namespace, health, reason, rate } = props;
  const missed = kind === 'unknown' ? serviceName.exec(name)?.[1] : undefined;
  const line = missed === undefined ? [version, namespace] : ['reached no pod'];
  const shown = {
    name: fitText(missed ?? name, nameColumns),
    line: fitText(line.filter((part) => part !== '' && part !== 'latest').join(' · '), lineColumns),
  };
  // What is read begins with what is seen (WCAG 2.5.3); the whole name follows where it is cut.
  const words = [
    `${shown.name} ${shown.line} ${rate}`.trim(),
    shown.name === name ? '' : name,
    kind,
    `${health}: ${reason}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
  const classes = ['node', `kind-${kind}`, `state-${health}`];
  if (props.selected) classes.push('selected');
  if (props.dimmed) classes.push('dimmed');
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={classes.join(' ')}
      transform={`translate(${props.x - nodeWidth / 2} ${props.y - nodeHeight / 2})`}
      role="button"
      tabindex={props.current ? 0 : -1}
      aria-pressed={props.selected}
      data-node={id}
      onClick={() => props.onPick(id)}
    >
      <title>{words}</title>
      <rect class="box" width={nodeWidth} height={nodeHeight} rx={kind === 'gateway' ? 0 : 6} />
      {kind === 'gateway' ? <path class="door" d={`M4 0V${nodeHeight}`} /> : null}
      <path
        class={`far-mark health-${health}`}
        transform="translate(75 3) scale(2.85)"
        d={healthPath(health)}
        fill-rule="evenodd"
      />
      <path
        class={`near-mark health-${health}`}
        transform="translate(10 8)"
        d={healthPath(health)}
        fill-rule="evenodd"
      />
      <g class="near">
        <text class="node-name" x={30} y={19}>
          {shown.name}
        </text>
        <text class="node-line" x={10} y={37}>
          {shown.line}
        </text>
        <text class="node-line rate" x={nodeWidth - 10} y={37} text-anchor="end">
          {rate}
        </text>
      </g>
    </g>
  );
});
