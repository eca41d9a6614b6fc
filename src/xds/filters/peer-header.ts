import type { Message } from '../resource.ts';
import { extension } from '../translate/common.ts';

/**
 * Who calls, for the metrics of the other side: `workload|namespace|app|version|service|revision|cluster`. Believed
 * only behind mutual TLS, and never sent out of the mesh.
 */
export const peerHeader = 'x-outrigger-peer';
/** Where filters leave it for the stats logger, one key for each part. */
export const peerMetadata = 'outrigger.peer';

export interface PeerFacts {
  readonly workload: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly cluster: string;
}

export const peerParts = [
  'workload',
  'namespace',
  'app',
  'version',
  'canonicalService',
  'canonicalRevision',
  'cluster',
] as const satisfies readonly (keyof PeerFacts)[];

/** Outbound: says who we are. */
export function sendPeerFilter(peer: PeerFacts): Message {
  const value = peerParts.map((part) => peer[part].replaceAll('|', '_').replaceAll('%', '%%')).join('|');
  return extension('outrigger.peer', 'extensions.filters.http.header_mutation.v3.HeaderMutation', {
    mutations: {
      request_mutations: [
        { append: { header: { key: peerHeader, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' } },
      ],
    },
  });
}

/** Inbound behind mutual TLS: keeps what the peer says of itself, and takes the header away from the app. */
export const readPeerFilter: Message = extension(
  'envoy.filters.http.header_to_metadata',
  'extensions.filters.http.header_to_metadata.v3.Config',
  {
    request_rules: peerParts.map((part, index) => ({
      header: peerHeader,
      on_header_present: {
        metadata_namespace: peerMetadata,
        key: part,
        type: 'STRING',
        regex_value_rewrite: {
          pattern: { regex: `^(?:[^|]*\\|){${index}}([^|]*).*$` },
          substitution: '\\1',
        },
      },
      // Only the last rule may remove what the others still read.
      remove: index === peerParts.length - 1,
    })),
  },
);

/** Inbound without mutual TLS: nobody is believed. */
export const dropPeerFilter: Message = extension(
  'outrigger.peer',
  'extensions.filters.http.header_mutation.v3.HeaderMutation',
  { mutations: { request_mutations: [{ remove: peerHeader }] } },
);
