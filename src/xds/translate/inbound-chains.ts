import type { MtlsMode } from '../../ir/types/inbound.ts';
import type { ListenerProtocol } from '../../model/protocol.ts';
import type { Message } from '../resource.ts';

/** One way into a port. */
export interface ChainForm {
  readonly match: Message;
  /** What is spoken once TLS, if any, is off. */
  readonly speaks: 'http' | 'tcp';
  /** Mutual TLS of the mesh is taken off here. */
  readonly mutual: boolean;
}

const mtlsHttp = ['istio-http/1.0', 'istio-http/1.1', 'istio-h2'];
const mtlsTcp = ['istio-peer-exchange', 'istio'];
const anyMesh = [...mtlsTcp, ...mtlsHttp];
const plainHttp = ['http/1.1', 'h2c'];

const tls = (alpn?: readonly string[]): Message => ({
  transport_protocol: 'tls',
  ...(alpn === undefined ? {} : { application_protocols: alpn }),
});
const raw = (alpn?: readonly string[]): Message => ({
  transport_protocol: 'raw_buffer',
  ...(alpn === undefined ? {} : { application_protocols: alpn }),
});

/**
 * Istio's matrix of ports and modes, row by row. Sidecars tell each other by ALPN what a connection carries, so TLS of
 * the app's own is told from that of the mesh.
 *
 *            STRICT                          PERMISSIVE                                    DISABLE
 *   http     tls -> http                     mesh tls -> http, raw -> http                 raw -> http
 *   tcp      tls -> tcp                      mesh tls -> tcp, other tls as it is, raw      as it is
 *   auto     mesh http tls -> http,          mesh http tls -> http, raw http -> http,      raw http -> http,
 *            other tls -> tcp                mesh tls -> tcp, other tls and raw as it is   raw
 */
export function inboundChainForms(protocol: ListenerProtocol, mode: MtlsMode): readonly ChainForm[] {
  return matrix[protocol][mode];
}

const secured = (match: Message, speaks: ChainForm['speaks']): ChainForm => ({ match, speaks, mutual: true });
const plain = (match: Message, speaks: ChainForm['speaks']): ChainForm => ({ match, speaks, mutual: false });

const matrix: Readonly<Record<ListenerProtocol, Readonly<Record<MtlsMode, readonly ChainForm[]>>>> = {
  http: {
    strict: [secured(tls(), 'http')],
    permissive: [secured(tls(anyMesh), 'http'), plain(raw(), 'http')],
    disable: [plain(raw(), 'http')],
  },
  tcp: {
    strict: [secured(tls(), 'tcp')],
    permissive: [secured(tls(anyMesh), 'tcp'), plain(tls(), 'tcp'), plain(raw(), 'tcp')],
    // The inspector is off for such a port, so TLS of the app counts as raw.
    disable: [plain(raw(), 'tcp')],
  },
  auto: {
    strict: [secured(tls(mtlsHttp), 'http'), secured(tls(), 'tcp')],
    permissive: [
      secured(tls(mtlsHttp), 'http'),
      plain(raw(plainHttp), 'http'),
      secured(tls(mtlsTcp), 'tcp'),
      plain(raw(), 'tcp'),
      plain(tls(), 'tcp'),
    ],
    disable: [plain(raw(plainHttp), 'http'), plain(raw(), 'tcp')],
  },
};

/** TLS of the port's own is all that it takes; what is in it is found out by ALPN where that is not known. */
export function givenTlsForms(protocol: ListenerProtocol): readonly ChainForm[] {
  if (protocol === 'auto') return [plain(tls(['h2', 'http/1.1']), 'http'), plain(tls(), 'tcp')];
  return [plain(tls(), protocol)];
}

/** Whether the first bytes must be looked at for TLS. */
export function needsTlsInspector(forms: readonly ChainForm[]): boolean {
  return forms.some(({ match }) => match.transport_protocol === 'tls');
}

/** Whether plaintext must be looked at for HTTP. */
export function needsHttpInspector(forms: readonly ChainForm[]): boolean {
  return forms.some(
    ({ match }) => match.transport_protocol === 'raw_buffer' && match.application_protocols !== undefined,
  );
}
