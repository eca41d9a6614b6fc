import type { Config } from '../../registry/snapshot.ts';
import type { VirtualService } from '../../schema/kinds.ts';

type Spec = Config<VirtualService>['spec'];
type HttpRoute = NonNullable<Spec['http']>[number];
type HttpMatch = NonNullable<HttpRoute['match']>[number];
type Share = {
  readonly destination: {
    readonly host: string;
    readonly subset?: string;
    readonly port?: { readonly number?: number };
  };
  readonly weight?: number;
};
type Text = { readonly exact?: string; readonly prefix?: string; readonly regex?: string };

/** Every rule of a VirtualService as a sentence, in their order. */
export function routesInWords({ http = [], tls = [], tcp = [] }: Spec): string[] {
  return [
    ...http.map((rule) => `${condition((rule.match ?? []).map(matchInWords))} -> ${actionInWords(rule)}`),
    ...tls.map((rule) => {
      const names = (rule.match ?? []).map(({ sniHosts }) => `server name ${(sniHosts ?? []).join(', ')}`);
      return `TLS, ${condition(names)} -> ${sharesInWords(rule.route ?? [])}`;
    }),
    ...tcp.map((rule) => {
      const ports = (rule.match ?? []).map(({ port }) => (port === undefined ? '' : `port ${port}`));
      return `TCP, ${condition(ports)} -> ${sharesInWords(rule.route ?? [])}`;
    }),
  ];
}

function condition(matches: readonly string[]): string {
  const said = matches.filter((match) => match !== '');
  return said.length === 0 ? 'everything' : said.join(', or ');
}

function matchInWords(match: HttpMatch): string {
  const {
    uri,
    method,
    authority,
    headers = {},
    withoutHeaders = {},
    queryParams = {},
    sourceLabels,
    sourceNamespace,
  } = match;
  const labels = Object.entries(sourceLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    ...part('path', uri),
    ...part('method', method),
    ...part('host', authority),
    ...Object.entries(headers).map(([name, text]) => `header ${name} ${textInWords(text)}`),
    ...Object.entries(withoutHeaders).map(([name, text]) => `without header ${name} ${textInWords(text)}`),
    ...Object.entries(queryParams).map(([name, text]) => `query ${name} ${textInWords(text)}`),
    ...(match.port === undefined ? [] : [`port ${match.port}`]),
    ...(labels.length === 0 ? [] : [`from pods with ${labels.join(', ')}`]),
    ...(sourceNamespace === undefined ? [] : [`from namespace ${sourceNamespace}`]),
  ].join(' and ');
}

function part(name: string, text: Text | undefined): string[] {
  return text === undefined ? [] : [`${name} ${textInWords(text)}`];
}

function textInWords({ exact, prefix, regex }: Text): string {
  if (exact !== undefined) return exact;
  if (prefix !== undefined) return `${prefix}*`;
  return regex === undefined ? '(present)' : `~ ${regex}`;
}

function actionInWords(rule: HttpRoute): string {
  const { timeout, retries, mirror, mirrors = [] } = rule;
  const copies = [...(mirror === undefined ? [] : [mirror]), ...mirrors.map(({ destination }) => destination)];
  return [
    targetInWords(rule),
    ...faultsInWords(rule),
    ...rewriteInWords(rule),
    ...(timeout === undefined ? [] : [`timeout ${timeout}`]),
    ...(retries === undefined ? [] : [`${retries.attempts ?? 0} retries`]),
    ...copies.map((destination) => `copied to ${placeInWords(destination)}`),
  ].join('; ');
}

function targetInWords({ redirect, directResponse, delegate, route = [] }: HttpRoute): string {
  if (redirect !== undefined) return `redirected to ${redirect.authority ?? ''}${redirect.uri ?? ''}`;
  if (directResponse !== undefined) return `answered with ${directResponse.status}`;
  if (delegate !== undefined) return `as VirtualService ${delegate.namespace ?? ''}/${delegate.name ?? ''} says`;
  return sharesInWords(route);
}

function faultsInWords({ fault: { delay, abort } = {} }: HttpRoute): string[] {
  const status = abort?.httpStatus ?? abort?.grpcStatus ?? '';
  return [
    ...(delay === undefined ? [] : [`delayed by ${delay.fixedDelay ?? ''} (${percentOf(delay)})`]),
    ...(abort === undefined ? [] : [`aborted with ${status} (${percentOf(abort)})`]),
  ];
}

function rewriteInWords({ rewrite }: HttpRoute): string[] {
  if (rewrite === undefined) return [];
  return [`rewritten to ${rewrite.authority ?? ''}${rewrite.uri ?? rewrite.uriRegexRewrite?.rewrite ?? ''}`];
}

function percentOf(fault: { readonly percentage?: { readonly value?: number }; readonly percent?: number }): string {
  return `${fault.percentage?.value ?? fault.percent ?? 100} %`;
}

function sharesInWords(route: readonly Share[]): string {
  const total = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (route.length === 0) return 'nowhere';
  return route
    .map(({ destination, weight = 0 }) => {
      const share = route.length === 1 || total === 0 ? '' : `${Math.round((1000 * weight) / total) / 10} % `;
      return `${share}${placeInWords(destination)}`;
    })
    .join(', ');
}

function placeInWords({ host, subset, port }: Share['destination']): string {
  return `${host}${port?.number === undefined ? '' : `:${port.number}`}${subset === undefined ? '' : ` subset ${subset}`}`;
}
