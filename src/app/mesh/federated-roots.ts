import { X509Certificate } from 'node:crypto';
import { OutriggerError } from '../../errors.ts';
import { certificateBlocks } from '../../identity/workload/pem-blocks.ts';

/** Roots of others as one PEM text, each once. Throws OR1002: a text that is no root would have every proxy reject all roots. */
export function federatedRoots(given: readonly { readonly pem: string }[]): string {
  const blocks = given.flatMap(({ pem }, index) => {
    const at = `mesh.caCertificates[${index}].pem`;
    const found = certificateBlocks(pem);
    if (found.length === 0) throw new OutriggerError('OR1002', 'there is no CERTIFICATE block in it', { at });
    for (const block of found) checkRoot(block, at);
    return found;
  });
  return [...new Set(blocks)].join('');
}

function checkRoot(block: string, at: string): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(block);
  } catch (cause) {
    throw new OutriggerError('OR1002', 'a CERTIFICATE block cannot be parsed', { at, cause });
  }
  if (!certificate.ca) throw new OutriggerError('OR1002', `${certificate.subject} is not that of a CA`, { at });
}
