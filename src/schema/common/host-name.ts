import { type Check, type Finding, printValue } from '../problem.ts';

const label = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

export const isDnsLabel = (value: string): boolean => value.length <= 63 && label.test(value);

/** A DNS name, short or long, with or without the final dot. */
export function isHostName(value: string): boolean {
  if (value === '' || value.length > 255) return false;
  const labels = value.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return labels.every((part) => part.length <= 63 && label.test(part)) && !/^\d+$/.test(last);
}

/** A DNS name whose first label may be, or begin with, a star. */
export function isWildcardHost(value: string): boolean {
  if (value === '*') return true;
  if (value.startsWith('*.')) return isHostName(value.slice(2));
  // A Service may have a number for its name; as the last of several labels it would be a part of an address.
  if (!value.includes('.')) return isDnsLabel(value.replace(/^\*-?/, ''));
  return isHostName(value.replace(/^\*-?/, ''));
}

export const checkHostName: Check<string> = (value, report) => {
  if (!isHostName(value))
    report({
      code: 'OR1649',
      message: `${printValue(value)} must be a host name, like reviews or reviews.prod.svc.cluster.local`,
    });
};

export const checkWildcardHost: Check<string> = (value, report) => {
  if (!isWildcardHost(value))
    report({
      code: 'OR1649',
      message: `${printValue(value)} must be a host name; a star may only be at its start, like *.example.com`,
    });
};

export const checkDnsLabel: Check<string> = (value, report) => {
  if (!isDnsLabel(value))
    report({
      code: 'OR1657',
      message: `${printValue(value)} must be letters, digits and dashes, at most 63`,
    });
};

/** `*-a.example.com`: Istio takes it, and Envoy knows stars in server names for whole labels alone. */
export function noServerName(host: string, what: string): Finding {
  const message = `${printValue(host)} is no server name, as its star stands for a part of a label: ${what} has no effect for it`;
  return { severity: 'warning', code: 'OR1653', message };
}

/** As checkWildcardHost, also in the form of the server names of mutual TLS: `outbound_.80_.v1_.host`. */
export const checkServerName: Check<string> = (value, report) =>
  checkWildcardHost(value.replace(/^outbound_\.\d{1,5}_\.[-a-zA-Z0-9]*_\./, ''), report);
