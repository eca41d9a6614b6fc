import { type FieldEffects, isOneOf, under } from '../field-effects.ts';
import { targetFields } from '../targets.ts';
import { isCounted } from './metrics.ts';

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
    ...under('metrics[].overrides[]', ['match.metric', 'match.customMetric', 'match.mode', 'disabled']),
    ...under('metrics[].overrides[].tagOverrides{}', ['operation', 'value']),
    ...under('accessLogging[]', ['match.mode', 'providers[].name', 'disabled', 'filter.expression']),
  ],
  notYet: {
    'metrics[].reportingInterval': 'bytes of a connection count when it ends',
  },
  ignored: [...targetFields.ignored],
  values: [
    ...targetFields.values,
    {
      path: 'metrics[].overrides[].match.customMetric',
      isMeant: (name) => typeof name === 'string' && !isCounted(name),
      message: 'proxies count no metric of that name: the override changes nothing',
    },
    {
      path: 'metrics[].overrides[].match.metric',
      isMeant: isOneOf('GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'),
      message: 'messages of gRPC are not counted yet: the override changes nothing',
    },
  ],
};
