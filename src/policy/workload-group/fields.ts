import { type FieldEffects, under } from '../field-effects.ts';

export const workloadGroupFields: FieldEffects = {
  implemented: [
    ...under('metadata', ['labels', 'annotations']),
    ...under('template', ['labels', 'locality', 'network', 'ports', 'serviceAccount', 'weight']),
  ],
  notYet: {
    probe:
      'nobody asks a machine how it is, as the kubelet does pods: its entry is there as long as its proxy is connected',
  },
  /** Validation says so: each machine has its own. */
  ignored: ['template.address'],
  values: [],
};
