/** The CERTIFICATE blocks of a text, each with one newline at its end; what stands between them is left out. */
export function certificateBlocks(pem: string): string[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) => `${block}\n`);
}

/** The first private key of a text, in any of the forms PKCS #8, PKCS #1 and SEC 1; '' when there is none. */
export function privateKeyBlock(pem: string): string {
  const block = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----[^-]+-----END \1-----/.exec(pem)?.[0];
  return block === undefined ? '' : `${block}\n`;
}

/** PEM of a certificate in DER. */
export function certificateBlock(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
