import { type FieldEffects, under } from '../field-effects.ts';

const text = ['exact', 'prefix', 'regex'];

export const rateLimitFields: FieldEffects = {
  implemented: [
    'selector.matchLabels',
    ...under('limits[]', ['requests', 'unit', 'burst']),
    ...under('limits[].match', ['methods', 'hosts']),
    ...under('limits[].match.path', text),
    ...under('limits[].match.headers{}', text),
    ...under('limits[].per', ['headers', 'remoteAddress']),
    ...under('global', ['service', 'port', 'domain', 'timeout', 'failureMode']),
  ],
  notYet: {},
  ignored: [],
  values: [],
};
