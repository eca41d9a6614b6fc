import type { ComponentChildren } from 'preact';
import { type Level, levels } from './aggregate.ts';
import type { Choices } from './choices.ts';
import { type EdgeLabel, labels } from './edge-shape.tsx';

interface ToolbarProps {
  readonly choices: Choices;
  readonly namespaces: readonly string[];
  readonly frozen: boolean;
  readonly onChange: (changes: Partial<Record<keyof Choices, string>>) => void;
  readonly onFreeze: () => void;
}

const ranges: readonly (readonly [seconds: number, words: string])[] = [
  [15, 'last 15 seconds'],
  [60, 'last minute'],
  [300, 'last 5 minutes'],
  [900, 'last 15 minutes'],
];
const levelWords: Record<Level, string> = { version: 'workload versions', app: 'apps', namespace: 'namespaces' };
const labelWords: Record<EdgeLabel, string> = {
  rate: 'requests/s',
  errors: 'error rate',
  p95: 'p95 latency',
  protocol: 'protocol',
  none: 'errors only',
};

export function Toolbar({ choices, namespaces, frozen, onChange, onFreeze }: ToolbarProps) {
  return (
    <search class="toolbar" aria-label="What the graph shows">
      <label class="search">
        <span class="tool-name">Find</span>
        <input
          type="search"
          placeholder="name, version"
          value={choices.text}
          onInput={(event) => onChange({ text: event.currentTarget.value })}
        />
      </label>
      <Choice name="Namespace" value={choices.namespace} onChange={(namespace) => onChange({ namespace })}>
        <option value="">all</option>
        {namespaces.map((namespace) => (
          <option key={namespace} value={namespace}>
            {namespace.length > 40 ? `${namespace.slice(0, 39)}…` : namespace}
          </option>
        ))}
      </Choice>
      <Choice name="Show" value={choices.show} onChange={(show) => onChange({ show })}>
        <option value="all">everything</option>
        <option value="problems">with problems</option>
        <option value="plaintext">not secured</option>
        <option value="refused">refused (401, 403)</option>
      </Choice>
      <Choice name="Nodes are" value={choices.level} onChange={(level) => onChange({ level })}>
        {levels.map((level) => (
          <option key={level} value={level}>
            {levelWords[level]}
          </option>
        ))}
      </Choice>
      <Choice name="Edges tell" value={choices.label} onChange={(label) => onChange({ label })}>
        {labels.map((label) => (
          <option key={label} value={label}>
            {labelWords[label]}
          </option>
        ))}
      </Choice>
      <Choice name="Over the" value={String(choices.range)} onChange={(range) => onChange({ range })}>
        {ranges.map(([seconds, words]) => (
          <option key={seconds} value={String(seconds)}>
            {words}
          </option>
        ))}
      </Choice>
      <label class="check">
        <input
          type="checkbox"
          checked={choices.idle}
          onChange={(event) => onChange({ idle: event.currentTarget.checked ? '' : 'no' })}
        />
        idle
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={choices.moving}
          onChange={(event) => onChange({ moving: event.currentTarget.checked ? 'yes' : 'no' })}
        />
        animate
      </label>
      <button type="button" aria-pressed={frozen} onClick={onFreeze}>
        {frozen ? 'Go on' : 'Freeze'}
      </button>
      <fieldset class="switch">
        <legend class="hidden">View</legend>
        {(['graph', 'list'] as const).map((view) => (
          <button key={view} type="button" aria-pressed={choices.view === view} onClick={() => onChange({ view })}>
            {view === 'graph' ? 'Graph' : 'List'}
          </button>
        ))}
      </fieldset>
    </search>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly children: ComponentChildren;
}

function Choice({ name, value, onChange, children }: ChoiceProps) {
  return (
    <label>
      <span class="tool-name">{name}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {children}
      </select>
    </label>
  );
}
