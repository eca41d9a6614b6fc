import { X509Certificate } from 'node:crypto';
import { isObject, type Json, type JsonObject } from '../../model/json.ts';
import { textAt } from '../../registry/json-fields.ts';
import type { ConfigDump, DumpedResource } from '../config-dump/read-dump.ts';
import { order } from './clusters.ts';
import type { Shown } from './shown.ts';

const headers = [
  'RESOURCE NAME',
  'TYPE',
  'STATUS',
  'VALID CERT',
  'SERIAL NUMBER',
  'NOT AFTER',
  'NOT BEFORE',
  'TRUST BUNDLE',
];

/** Certificates of the proxy: a row for each of a chain's first and a bundle's every one. Keys are never shown. */
export function showSecrets(dump: ConfigDump, now: Date): Shown {
  // Envoy's order is none. The workload's own first, as people look for it.
  const rank = ({ name }: DumpedResource): number => (name === 'default' ? 0 : 1);
  const secrets = [...dump.secrets].sort((a, b) => rank(a) - rank(b) || order(a.name, b.name));
  return {
    messages: secrets.map(({ message }) => withoutKeys(message)),
    table: { headers, rows: secrets.flatMap((secret) => rowsOf(secret, now)) },
  };
}

function rowsOf(secret: DumpedResource, now: Date): string[][] {
  const { name, message } = secret;
  const state = secret.state === 'warming' ? 'WARMING' : 'ACTIVE';
  const chain = pemOf(message, 'tls_certificate', 'certificate_chain');
  const bundle = pemOf(message, 'validation_context', 'trusted_ca');
  if (chain !== undefined) {
    const [leaf] = certificatesOf(chain);
    return [[name, 'Cert Chain', state, ...(leaf === undefined ? unreadable : factsOf(leaf, now)), '-']];
  }
  if (bundle === undefined) return [[name, 'Secret', state, '-', '-', '-', '-', '-']];
  const roots = certificatesOf(bundle);
  if (roots.length === 0) return [[name, 'CA', state, ...unreadable, '0 roots']];
  return roots.map((root, index) => [name, 'CA', state, ...factsOf(root, now), `${index + 1} of ${roots.length}`]);
}

const unreadable = ['false', '-', '-', '-'];

function factsOf(certificate: X509Certificate, now: Date): string[] {
  const { validFromDate, validToDate, serialNumber } = certificate;
  const valid = validFromDate <= now && now < validToDate;
  return [String(valid), serialNumber.toLowerCase(), seconds(validToDate), seconds(validFromDate)];
}

function seconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Of a DataSource; what is in a file that Envoy reads is not in its answer. */
function pemOf(message: JsonObject, ...path: readonly string[]): string | undefined {
  const bytes = textAt(message, ...path, 'inline_bytes');
  if (bytes !== '') return Buffer.from(bytes, 'base64').toString('latin1');
  const inline = textAt(message, ...path, 'inline_string');
  return inline === '' ? undefined : inline;
}

function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

const secretFields = new Set([
  'private_key',
  'private_key_provider',
  'password',
  'generic_secret',
  'session_ticket_keys',
]);

/** Envoy redacts keys itself; should one of another build not, it ends here. */
export function withoutKeys<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item)) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, Json] => {
    return [key, secretFields.has(key) ? '[redacted]' : withoutKeys(inner)];
  });
  return Object.fromEntries(entries) as T;
}
