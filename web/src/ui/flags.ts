/** What Envoy's response flags mean to the one who looks for a cause (Envoy 1.40, access log, `%RESPONSE_FLAGS%`). */
const meanings: Record<string, string> = {
  DC: 'the client hung up',
  DPE: 'the peer broke the protocol',
  DT: 'the request or connection took too long',
  FI: 'aborted by an injected fault',
  DI: 'delayed by an injected fault',
  LH: 'the local health check failed',
  LR: 'reset by the proxy itself',
  NC: 'there is no such cluster',
  NR: 'no route fits',
  RL: 'refused by a rate limit',
  RLSE: 'the rate limit service failed',
  SI: 'the stream was idle too long',
  UAEX: 'refused by the external authorizer',
  UC: 'the upstream hung up',
  UF: 'no connection to the upstream',
  UH: 'no healthy upstream',
  UMSDR: 'the upstream took too long for the whole request',
  UO: 'a limit of connections or requests was reached',
  UPE: 'the upstream broke the protocol',
  UR: 'the upstream reset the request',
  URX: 'all retries were used up',
  UT: 'the upstream took too long',
};

export function meaningOf(flag: string): string {
  return meanings[flag] ?? 'see the response flags of Envoy';
}
