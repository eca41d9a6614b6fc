import { textAt } from '../../registry/json-fields.ts';
import type { ConfigDump } from '../config-dump/read-dump.ts';
import { order } from './clusters.ts';
import { type Origins, originCell, type Shown } from './shown.ts';

/** Filters that have their configuration by name (ECDS). */
export function showExtensions(dump: ConfigDump, origins: Origins): Shown {
  const chosen = [...dump.extensions].sort((a, b) => order(a.name, b.name));
  return {
    messages: chosen.map(({ message }) => message),
    table: {
      headers: ['ECDS NAME', 'TYPE', 'VERSION', 'ORIGIN'],
      rows: chosen.map(({ name, version, message }) => {
        const type = textAt(message, 'typed_config', '@type').replace(/^.*[./]/, '');
        return [name, type || '-', version || '-', originCell(origins('ECDS', name))];
      }),
    },
  };
}
