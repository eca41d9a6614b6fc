import { type FieldEffects, under } from '../field-effects.ts';

export const serviceEntryFields: FieldEffects = {
  implemented: [
    ...['hosts', 'addresses', 'location', 'resolution', 'exportTo', 'subjectAltNames', 'workloadSelector.labels'],
    ...under('ports[]', ['number', 'name', 'protocol', 'targetPort']),
    ...under('endpoints[]', ['address', 'ports', 'labels', 'locality', 'weight', 'serviceAccount', 'network']),
  ],
  notYet: {},
  ignored: [],
  values: [],
};
