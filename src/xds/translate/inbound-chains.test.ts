import { expect, test } from 'vitest';
import { inboundChainForms, needsHttpInspector, needsTlsInspector } from './inbound-chains.ts';

/** `tls[istio,…] -> http mutual`, as the table of Istio's filter chains has it. */
function printed(protocol: 'http' | 'tcp' | 'auto', mode: 'strict' | 'permissive' | 'disable'): string[] {
  return inboundChainForms(protocol, mode).map(({ match, speaks, mutual }) => {
    const alpn = (match['application_protocols'] as string[] | undefined)?.join(',') ?? '';
    return `${match['transport_protocol']}[${alpn}] -> ${speaks}${mutual ? ' mutual' : ''}`;
  });
}
const mesh = 'istio-peer-exchange,istio';
const meshHttp = 'istio-http/1.0,istio-http/1.1,istio-h2';

test.each([
  ['http', 'strict', ['tls[] -> http mutual']],
  ['http', 'permissive', [`tls[${mesh},${meshHttp}] -> http mutual`, 'raw_buffer[] -> http']],
  ['http', 'disable', ['raw_buffer[] -> http']],
  ['tcp', 'strict', ['tls[] -> tcp mutual']],
  ['tcp', 'permissive', [`tls[${mesh},${meshHttp}] -> tcp mutual`, 'tls[] -> tcp', 'raw_buffer[] -> tcp']],
  ['tcp', 'disable', ['raw_buffer[] -> tcp']],
  ['auto', 'strict', [`tls[${meshHttp}] -> http mutual`, 'tls[] -> tcp mutual']],
  [
    'auto',
    'permissive',
    [
      `tls[${meshHttp}] -> http mutual`,
      'raw_buffer[http/1.1,h2c] -> http',
      `tls[${mesh}] -> tcp mutual`,
      'raw_buffer[] -> tcp',
      'tls[] -> tcp',
    ],
  ],
  ['auto', 'disable', ['raw_buffer[http/1.1,h2c] -> http', 'raw_buffer[] -> tcp']],
] as const)('%s, %s', (protocol, mode, expected) => expect(printed(protocol, mode)).toEqual(expected));

test('STRICT takes nothing that is not mutual', () => {
  for (const protocol of ['http', 'tcp', 'auto'] as const)
    expect(inboundChainForms(protocol, 'strict').every(({ mutual }) => mutual)).toBe(true);
});

test('bytes are looked at only where something hangs on them', () => {
  const forms = inboundChainForms('tcp', 'disable');
  expect([needsTlsInspector(forms), needsHttpInspector(forms)]).toEqual([false, false]);
  const open = inboundChainForms('auto', 'permissive');
  expect([needsTlsInspector(open), needsHttpInspector(open)]).toEqual([true, true]);
});
