import { type Level, levels } from './aggregate.ts';
import { type EdgeLabel, labels } from './edge-shape.tsx';
import { type Filter, shows } from './filter.ts';

/** What a person has chosen to see. It stands in the address, so that a link shows another person the same. */
export interface Choices extends Filter {
  readonly level: Level;
  readonly label: EdgeLabel;
  readonly range: number;
  readonly moving: boolean;
  readonly view: 'graph' | 'list';
  /** The selected node or edge. */
  readonly at: string;
}

export interface Surroundings {
  readonly lessMotion: boolean;
  /** A window in which the names of nodes could not be read. */
  readonly small: boolean;
}

/** Whoever wants less motion gets none, and a small window the list, unless asked for here. */
export function readChoices(query: URLSearchParams, { lessMotion, small }: Surroundings): Choices {
  const range = Number(query.get('range') ?? 60);
  const moving = query.get('moving');
  return {
    text: query.get('text') ?? '',
    namespace: query.get('namespace') ?? '',
    show: shows.find((one) => one === query.get('show')) ?? 'all',
    idle: query.get('idle') !== 'no',
    level: levels.find((one) => one === query.get('level')) ?? 'version',
    label: labels.find((one) => one === query.get('label')) ?? 'rate',
    range: Number.isInteger(range) && range >= 5 && range <= 900 ? range : 60,
    moving: moving === null ? !lessMotion : moving === 'yes',
    view: (['graph', 'list'] as const).find((one) => one === query.get('view')) ?? (small ? 'list' : 'graph'),
    at: query.get('at') ?? '',
  };
}
