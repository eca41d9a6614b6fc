import { isIP } from 'node:net';
import { type Check, printValue } from '../problem.ts';

export const isAddress = (value: string): boolean => isIP(value) !== 0 && !value.includes('%');

/** `10.0.0.0/8`, `2001:db8::/32` */
export function isCidr(value: string): boolean {
  const match = /^([0-9a-fA-F.:]+)\/(0|[1-9]\d{0,2})$/.exec(value);
  const family = isIP(match?.[1] ?? '');
  return family !== 0 && Number(match?.[2]) <= (family === 4 ? 32 : 128);
}

export const checkAddress: Check<string> = (value, report) => {
  if (!isAddress(value)) report({ code: 'OR1650', message: `${printValue(value)} must be an IP address` });
};

export const checkAddressOrCidr: Check<string> = (value, report) => {
  if (!isAddress(value) && !isCidr(value))
    report({ code: 'OR1650', message: `${printValue(value)} must be an IP address or block, like 10.0.0.0/8` });
};
