import type { Observation, Served } from './envoy/observation.ts';
import type { Answered, Call, Forwarded, Headers, Verdict } from './simulator/call.ts';

/** Whether one of the things that may happen is what was seen. */
export function agrees(verdicts: readonly Verdict[], seen: Observation, call: Call): boolean {
  return verdicts.some((verdict) => differences(verdict, seen, call).length === 0);
}

/** What of a verdict is not as it was seen, in words. */
export function differences(verdict: Verdict, seen: Observation, call: Call): readonly string[] {
  switch (verdict.kind) {
    case 'closed':
      // A proxy that finds no HTTP where it wants some says so, and ends the connection.
      return seen.kind === 'closed' || (seen.kind === 'answered' && seen.status === 400) ? [] : [`it is ${seen.kind}`];
    case 'answered':
      return seen.kind === 'answered' ? ofAnswer(verdict, seen) : [`it is ${seen.kind}`];
    case 'forwarded':
      return seen.kind === 'served' ? ofServer(verdict, seen, call) : [`it is ${seen.kind}`];
  }
}

const unlike = (what: string, wanted: unknown, found: unknown): string[] => {
  const [left, right] = [JSON.stringify(wanted), JSON.stringify(found)];
  return left === right ? [] : [`${what}: ${left}, seen ${right}`];
};

function ofAnswer(verdict: Answered, seen: Extract<Observation, { kind: 'answered' }>): string[] {
  return [
    ...unlike('status', verdict.status, seen.status),
    ...unlike('location', verdict.location, seen.location),
    ...(verdict.body === undefined || verdict.body === '' ? [] : unlike('body', verdict.body, seen.body)),
  ];
}

function ofServer(verdict: Forwarded, seen: Served, call: Call): string[] {
  const endpoint = verdict.endpoints.find(({ address }) => address === seen.by.at);
  if (endpoint === undefined)
    return [`a server of ${verdict.endpoints.map(({ address }) => address)}, seen ${seen.by.at}`];
  const [outer] = seen.by.tls;
  const inner = call.tls !== undefined && !verdict.terminated ? 1 : 0;
  return [
    ...unlike('layers of TLS', (endpoint.tls === undefined ? 0 : 1) + inner, seen.by.tls.length),
    ...(endpoint.tls === undefined || outer === undefined ? [] : ofTls(endpoint.tls, outer)),
    ...ofRequest(verdict, seen),
  ];
}

type Tls = Served['by']['tls'][number];

function ofTls(wanted: NonNullable<Forwarded['endpoints'][number]['tls']>, seen: Tls): string[] {
  return [
    ...unlike('SNI', wanted.sni, seen.sni),
    ...(wanted.alpn.length === 0 ? [] : unlike('ALPN', wanted.alpn, seen.alpn)),
    ...unlike('certificate', wanted.certificate, seen.certificate),
  ];
}

const compared = ['x-a', 'x-b'];

function ofRequest({ request, responseHeaders }: Forwarded, { by, headers }: Served): string[] {
  if (request === 'bytes' || by.request === undefined) return [];
  const { version, method, path, authority } = request;
  const got = by.request;
  return [
    ...unlike('version', version, got.version),
    ...unlike('method', method, got.method),
    ...unlike('path', path, got.path),
    ...unlike('authority', authority, got.authority),
    ...compared.flatMap((name) => unlike(`request ${name}`, textOf(request.headers, name), joined(got.headers[name]))),
    ...[...compared, 'x-r'].flatMap((name) =>
      unlike(`response ${name}`, textOf(responseHeaders, name), joined(headers[name])),
    ),
  ];
}

/** Node's way of joining values is another. */
const joined = (value: string | undefined) => value?.replaceAll(', ', ',');

function textOf(headers: Headers, name: string): string | undefined {
  const values = headers.filter(([known]) => known === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(',');
}
