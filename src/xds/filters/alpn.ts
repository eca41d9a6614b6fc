import type { Message } from '../resource.ts';
import { extension } from '../translate/common.ts';

/** Key of a cluster's `istio` metadata: the protocol within TLS is that of each request. */
export const autoAlpn = 'auto_alpn';

/**
 * Where a port's protocol is found out by looking, the other sidecar must be told by ALPN what a connection carries.
 * Istio has a filter of its own for this; stock Envoy takes it from filter state.
 */
export const alpnFilter: Message = extension('outrigger.alpn', 'extensions.filters.http.set_filter_state.v3.Config', {
  on_request_headers: [
    {
      object_key: 'envoy.network.application_protocols',
      skip_if_empty: true,
      format_string: {
        text_format_source: {
          inline_string:
            `%CEL(has(xds.cluster_metadata.filter_metadata.istio.${autoAlpn}) ? ` +
            "(request.protocol == 'HTTP/2' ? 'istio-h2,istio,h2' : 'istio-http/1.1,istio,http/1.1') : '')%",
        },
      },
    },
  ],
});
