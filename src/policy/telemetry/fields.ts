import { type FieldEffects, isOneOf, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';

const tags = [
  ...['literal.value', 'environment.name', 'environment.defaultValue', 'header.name', 'header.defaultValue'],
  'formatter.value',
];

export const telemetryFields: FieldEffects = {
  implemented: [
    ...targetFields.implemented,
    'selector.matchLabels',
    ...under('tracing[]', ['match.mode', 'providers[].name', 'randomSamplingPercentage', 'disableSpanReporting']),
    ...under('tracing[].customTags{}', tags),
    ...under('tracing[]', ['useRequestIdForTraceSampling', 'enableIstioTags', 'disableContextPropagation']),
    'metrics[].providers[].name',
    ...under('metrics[].overrides[]', ['match.metric', 'match.mode', 'disabled']),
    ...under('metrics[].overrides[].tagOverrides{}', ['operation', 'value']),
    ...under('accessLogging[]', ['match.mode', 'providers[].name', 'disabled', 'filter.expression']),
  ],
  notYet: {
    'metrics[].reportingInterval': 'bytes of a connection count when it ends',
    'metrics[].overrides[].match.customMetric': 'the override changes nothing',
  },
  ignored: [...targetFields.ignored],
  values: [
    ...targetFields.values,
    {
      path: 'metrics[].overrides[].match.metric',
      isMeant: isOneOf('GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'),
      message: 'messages of gRPC are not counted yet: the override changes nothing',
    },
  ],
};
