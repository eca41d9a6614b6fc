import type { Call, Verdict } from './call.ts';
import type { Inspected } from './listener-filters.ts';
import type { ProxyState } from './proxy.ts';

/** Where a call has come to within a proxy. */
export interface Walk {
  readonly proxy: ProxyState;
  readonly call: Call;
  readonly seen: Inspected;
  readonly listener: string;
  readonly chain: string;
  /** The proxy has ended the client's TLS. */
  readonly terminated: boolean;
  /** The URI of the client's certificate, where one is asked for. */
  readonly peer: string | undefined;
}

export const closed = (why: string): readonly Verdict[] => [{ kind: 'closed', why }];

/** What formats can say of the connection. */
export function knownOf({ call, seen }: Walk) {
  const { address, port } = call.destination;
  return { DOWNSTREAM_LOCAL_ADDRESS: `${address}:${port}`, REQUESTED_SERVER_NAME: seen.sni };
}
