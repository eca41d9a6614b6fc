import type { RetryIR } from '../../ir/types/route.ts';
import type { Client } from '../client.ts';
import type { Routing } from './delegates.ts';
import type { DestinationLookup } from './destinations.ts';

/** Where the rules of a VirtualService are applied. */
export interface RuleContext {
  readonly config: Routing;
  /** The port of the listener. */
  readonly port: number;
  /** `mesh`, or `<namespace>/<name>` of each Gateway that the listener belongs to. */
  readonly gateways: ReadonlySet<string>;
  readonly client: Client;
  /** Where a rule says nothing of retries; undefined is none. */
  readonly defaultRetry: RetryIR | undefined;
  readonly lookup: DestinationLookup;
  /** A host as this resource means it, in full. */
  readonly resolve: (host: string) => string;
}
