import { type FieldEffects, under } from '../field-effects.ts';
import { isFormat } from './header-format.ts';

const destination = ['host', 'subset', 'port.number'];
const string = ['exact', 'prefix', 'regex'];
const operations = ['set', 'add', 'remove'];
const headers = [...under('request', operations), ...under('response', operations)];
const source = ['port', 'sourceLabels', 'sourceNamespace', 'gateways'];
const share = ['weight', ...under('destination', destination)];

const match = [
  ...['name', 'ignoreUriCase', 'statPrefix', ...source],
  ...['uri', 'scheme', 'method', 'authority'].flatMap((field) => under(field, string)),
  ...['headers{}', 'withoutHeaders{}', 'queryParams{}'].flatMap((field) => under(field, string)),
];

const http = [
  ...['name', 'timeout', 'mirrorPercent', 'mirrorPercentage.value'],
  ...under('match[]', match),
  ...under('route[]', [...share, ...under('headers', headers)]),
  ...under('redirect', ['uri', 'prefixRewrite', 'authority', 'port', 'derivePort', 'scheme', 'redirectCode']),
  ...under('delegate', ['name', 'namespace']),
  ...under('directResponse', ['status', 'body.string', 'body.bytes']),
  ...under('rewrite', ['uri', 'authority', 'uriRegexRewrite.match', 'uriRegexRewrite.rewrite']),
  ...under('retries', ['attempts', 'perTryTimeout', 'retryOn', 'retryRemoteLocalities', 'retryIgnorePreviousHosts']),
  'retries.backoff',
  ...under('fault.delay', ['fixedDelay', 'percentage.value', 'percent']),
  ...under('fault.abort', ['httpStatus', 'grpcStatus', 'percentage.value']),
  ...under('mirror', destination),
  ...under('mirrors[]', ['percentage.value', ...under('destination', destination)]),
  ...under('corsPolicy', ['allowOrigin', 'allowMethods', 'allowHeaders', 'exposeHeaders', 'maxAge']),
  ...under('corsPolicy', ['allowCredentials', 'unmatchedPreflights', ...under('allowOrigins[]', string)]),
  ...under('headers', headers),
];

export const virtualServiceFields: FieldEffects = {
  implemented: [
    ...['hosts', 'gateways', 'exportTo'],
    ...under('http[]', http),
    ...under('tls[]', [...under('match[]', ['sniHosts', 'destinationSubnets', ...source]), ...under('route[]', share)]),
    ...under('tcp[]', [...under('match[]', ['destinationSubnets', ...source]), ...under('route[]', share)]),
  ],
  notYet: {},
  ignored: ['http[].fault.delay.exponentialDelay', 'http[].fault.abort.http2Error', 'tcp[].match[].sourceSubnet'],
  values: ['http[]', 'http[].route[]'].flatMap((place) =>
    ['request', 'response'].flatMap((direction) =>
      ['set', 'add'].map((operation) => ({
        path: `${place}.headers.${direction}.${operation}`,
        isMeant: hasNoFormat,
        message: 'a percent sign in it begins no format that Envoy knows: that value is sent as it stands',
      })),
    ),
  ),
};

function hasNoFormat(values: unknown): boolean {
  const texts = typeof values === 'object' && values !== null ? Object.values(values) : [];
  return texts.some((text) => typeof text === 'string' && !isFormat(text));
}
