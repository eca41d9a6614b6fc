import type { Static } from 'typebox';
import { choice, flag, listOf, mapOf, message, real, text } from '../build.ts';
import { duration } from '../common/duration.ts';
import { checkHeaderNameOfEnvoy } from '../common/header.ts';
import { WorkloadSelector } from '../common/label.ts';
import { checkTargets, targetFields } from '../common/target-ref.ts';
import type { Check } from '../problem.ts';
import { checkExpression, checkTagExpression } from './expression.ts';

const checkNotEmpty: Check<string> = (value, report) => {
  if (value.trim() === '') report({ code: 'OR1657', message: 'the text must not be empty' });
};

const Provider = message(
  {},
  { description: 'A provider.', needs: { name: text('Its name in extensionProviders.', checkNotEmpty) } },
);
const providers = listOf(Provider, 'Who is told; none given are those of the level above, or the defaults.');

const modes = ['CLIENT_AND_SERVER', 'CLIENT', 'SERVER'] as const;
const mode = choice([...modes], 'For calls of the pod (CLIENT), for what it serves (SERVER), or for both.');
const Match = message({ mode }, { description: 'What it is for.' });

export const metricNames = [
  ...(['ALL_METRICS', 'REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE'] as const),
  ...(['TCP_OPENED_CONNECTIONS', 'TCP_CLOSED_CONNECTIONS', 'TCP_SENT_BYTES', 'TCP_RECEIVED_BYTES'] as const),
  ...(['GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'] as const),
];

const CustomTag = message(
  {
    literal: message({}, { description: 'A fixed value.', needs: { value: text('The value.', checkNotEmpty) } }),
    environment: message(
      { defaultValue: text('The value where it is not set.') },
      {
        description: 'A variable of the proxy.',
        needs: { name: text('The name of the variable.', checkNotEmpty) },
      },
    ),
    header: message(
      { defaultValue: text('The value without the header.') },
      {
        description: 'A header of the request.',
        needs: { name: text('The name of the header.', checkHeaderNameOfEnvoy) },
      },
    ),
    formatter: message(
      {},
      { description: 'A format of access logs.', needs: { value: text('The format.', checkNotEmpty) } },
    ),
  },
  {
    description: 'A tag of spans.',
    choices: [{ of: ['literal', 'environment', 'header', 'formatter'] }],
    check: (tag, report) => {
      if (Object.keys(tag).length === 0)
        report({
          code: 'OR1642',
          message: 'one of literal, environment, header and formatter must be given',
          istioTakesIt: true,
        });
    },
  },
);

const Tracing = message(
  {
    match: Match,
    providers,
    randomSamplingPercentage: real('Per cent of requests that are traced where the caller has not decided.', {
      minimum: 0,
      maximum: 100,
    }),
    disableSpanReporting: flag('Tell nobody of spans.'),
    customTags: mapOf(CustomTag, 'Tags of the spans, by name.'),
    useRequestIdForTraceSampling: flag('Whether the request ID says if a request is traced; it does by default.'),
    enableIstioTags: flag("Whether spans have Istio's own tags; they do by default."),
    disableContextPropagation: flag('Tell nobody by headers which trace a request belongs to.'),
  },
  { description: 'Traces.' },
);

const tagFields = {
  operation: choice(['UPSERT', 'REMOVE'], 'Set the tag, or leave it out.'),
  value: text('What the tag is set to, an expression of CEL.', checkTagExpression),
};
const TagForm = message(tagFields, { description: 'Form' });
const checkTag: Check<Static<typeof TagForm>> = ({ operation, value }, report) => {
  if (operation === 'REMOVE' && value !== undefined)
    report({
      at: ['value'],
      severity: 'warning',
      code: 'OR1655',
      message: 'it is for UPSERT, and REMOVE does not read it',
    });
  if (operation !== 'REMOVE' && value === undefined)
    report({ at: ['value'], code: 'OR1642', message: 'it must be given with UPSERT' });
};

const MetricsOverride = message(
  {
    match: message(
      {
        metric: choice([...metricNames], "One of Istio's metrics; all of them without it."),
        customMetric: text('A metric of another name.', checkNotEmpty),
        mode,
      },
      { description: 'Which metrics.', choices: [{ of: ['metric', 'customMetric'] }] },
    ),
    disabled: flag('Do not count.'),
    tagOverrides: mapOf(
      message(tagFields, { description: 'What becomes of a tag.', check: checkTag }),
      'Changes of tags, by their names.',
    ),
  },
  { description: 'A change of metrics.' },
);

const Metrics = message(
  {
    providers,
    overrides: listOf(MetricsOverride, 'Changes, the later ones over the earlier.'),
    reportingInterval: duration('How often metrics of long connections are told.'),
  },
  { description: 'Metrics.' },
);

const AccessLogging = message(
  {
    match: Match,
    providers,
    disabled: flag('Do not log.'),
    filter: message(
      { expression: text('An expression of CEL; what it is true for is logged.', checkExpression) },
      { description: 'What is logged.' },
    ),
  },
  { description: 'Access logs.' },
);

export const TelemetrySpec = message(
  {
    selector: WorkloadSelector,
    ...targetFields,
    tracing: listOf(Tracing, 'Traces.'),
    metrics: listOf(Metrics, 'Metrics.'),
    accessLogging: listOf(AccessLogging, 'Access logs.'),
  },
  { description: 'What proxies tell of requests, and whom.', check: checkTargets },
);
