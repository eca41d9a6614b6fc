/** Names that Envoy 1.40 (BoringSSL) takes; one that it does not know makes it refuse the whole listener. */
const cipherSuites: ReadonlySet<string> = new Set([
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA'],
  ...['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA256', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384'],
  ...['AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA', 'ECDHE-PSK-AES128-CBC-SHA', 'ECDHE-PSK-AES256-CBC-SHA'],
  ...['ECDHE-PSK-CHACHA20-POLY1305', 'PSK-AES128-CBC-SHA', 'PSK-AES256-CBC-SHA', 'ALL'],
]);
const curves: ReadonlySet<string> = new Set([
  ...['P-256', 'P-384', 'P-521', 'X25519', 'X25519MLKEM768', 'MLKEM1024', 'prime256v1'],
]);

export const isCipherSuite = (name: string): boolean => cipherSuites.has(name);
export const isCurve = (name: string): boolean => curves.has(name);
