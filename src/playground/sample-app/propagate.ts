import type { IncomingHttpHeaders } from 'node:http';

/** What an app hands on for traces and for routing by user, as Bookinfo does. */
const propagated = [
  'x-request-id',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
  'b3',
  'traceparent',
  'tracestate',
  'baggage',
  'user-agent',
  'user',
  'end-user',
  'x-beta-user',
  'authorization',
  'cookie',
];

export function propagatedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of propagated) {
    const value = headers[name];
    if (value !== undefined) found[name] = String(value);
  }
  return found;
}
