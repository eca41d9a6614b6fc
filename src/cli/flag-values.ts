import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';

/** Values of flags, read before anything is done: a wrong one is a wrong command line, exit code 2. */

/** Of most objects. */
export const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
/** Of a namespace. */
export const labelForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export function objectName(text: string): string {
  if (nameForm.test(text)) return text;
  throw new InvalidArgumentError('It has to be a name of Kubernetes: a-z, 0-9, - and ., at most 253.');
}

export function namespaceName(text: string): string {
  if (labelForm.test(text)) return text;
  throw new InvalidArgumentError('It has to be the name of a namespace: a-z, 0-9 and -, at most 63.');
}

/** Of a revision or a tag. */
export function revisionName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError('It has to be a name like prod: a-z, 0-9 and -, at most 42.');
}

export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError('It has to be a port, 1 to 65535.');
  return port;
}

/** A parser of whole seconds. */
export function wholeSeconds(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : -1;
    if (value < least || value > most)
      throw new InvalidArgumentError(`It has to be a whole number of seconds, ${least} to ${most}.`);
    return value;
  };
}

/** Lower case, as names are made from it. */
export function ipAddress(text: string): string {
  // A zone is of one machine only.
  if (isIP(text) === 0 || text.includes('%')) throw new InvalidArgumentError('It has to be an IP address.');
  return text.toLowerCase();
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const hostForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\.?$/i;

export function hostPort(text: string): HostPort {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]*)\]|(.*)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const right = isIP(host) !== 0 || (bracketed === undefined && hostForm.test(host));
  if (!right) throw new InvalidArgumentError('It has to be host:port.');
  return { host, port: portNumber(port) };
}

/** A folder may have any name, but for what no line of a file can hold. */
export function folderPath(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text))
    throw new InvalidArgumentError('It has to be a path without control characters.');
  return text;
}

/** Of a server: where it is, without a path of its own. */
export function httpsUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.hostname === '')
    throw new InvalidArgumentError('It has to be https://host:port.');
  return text;
}

/** Certificates that can be read now. */
export function certificateFile(path: string): string {
  try {
    new X509Certificate(readFileSync(path));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'it is none';
    throw new InvalidArgumentError(`It has to be a file of certificates (${code}).`);
  }
  return path;
}

/** `namespace/pod` */
export function podName(text: string): string {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (labelForm.test(namespace) && nameForm.test(name) && more.length === 0) return text;
  throw new InvalidArgumentError('It has to be namespace/pod.');
}

/** A parser of a flag that may be given again, by that of one value. */
export function eachOf<T>(parse: (text: string) => T): (text: string, before: readonly T[]) => T[] {
  return (text, before) => [...before, parse(text)];
}

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `90s`, `5m`, `1m30s`; a bare number is seconds. Milliseconds. */
export function duration(text: string): number {
  if (!/^(\d{1,9}(ms|s|m|h))+$|^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('It has to be a duration such as 90s, 5m or 1m30s.');
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * units[unit as keyof typeof units], 0);
}
