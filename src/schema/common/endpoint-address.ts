import { isIP } from 'node:net';
import { type Check, printValue } from '../problem.ts';
import { isAddress } from './address.ts';

export const isSocketPath = (value: string): boolean => /^unix:\/\/[/@][!-~]+$/.test(value);

/** `127.0.0.1:8080`, `[::1]:8080`, `:8080`: host and port; undefined when it is not of that form. */
export function splitHostPort(value: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]*)):([1-9]\d{0,4})$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  return match === null || (host !== '' && isIP(host) === 0) || port > 65_535 ? undefined : { host, port };
}

/** Where a listener listens. */
export const checkBind: Check<string> = (value, report) => {
  if (value !== '' && !isAddress(value) && !isSocketPath(value))
    report({ code: 'OR1650', message: `${printValue(value)} must be an IP address or unix:///path` });
};
