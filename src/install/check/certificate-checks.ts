import { X509Certificate } from 'node:crypto';
import { asOutriggerError } from '../../errors.ts';
import type { JsonObject } from '../../model/json.ts';
import { listAt, textAt } from '../fields.ts';
import { type CheckLine, failed, ok, warning } from './check-line.ts';

const group = 'certificates';
const day = 86_400_000;
const soonDays = 60;

/** One that is looked at: PEM, or why there is none. */
export type Found = { readonly pem: string } | { readonly problem: unknown } | undefined;

/** How long a certificate is valid. Pure. */
export function validity(what: string, found: Found, now: Date, hint: string): CheckLine {
  if (found === undefined) return failed(group, `${what} is there`, { reason: 'its Secret is missing', hint });
  if ('problem' in found) {
    const { code, detail, remedy } = asOutriggerError(found.problem);
    const forbidden = /answered 403/.test(detail);
    const about = {
      reason: `${code} ${detail}`,
      hint: forbidden ? 'run it with the right to read that Secret' : remedy,
    };
    return forbidden ? warning(group, `${what} can be read`, about) : failed(group, `${what} can be used`, about);
  }
  try {
    return ofDates(what, new X509Certificate(found.pem), now, hint);
  } catch {
    return failed(group, `${what} can be used`, { reason: 'it cannot be parsed', hint });
  }
}

function ofDates(what: string, { validFromDate, validToDate }: X509Certificate, now: Date, hint: string): CheckLine {
  const text = `${what} is valid`;
  const until = validToDate.toISOString().slice(0, 10);
  const days = Math.floor((validToDate.getTime() - now.getTime()) / day);
  if (now >= validToDate) return failed(group, text, { reason: `it ended ${until}`, hint });
  if (now < validFromDate)
    return failed(group, text, { reason: `it begins ${validFromDate.toISOString()}`, hint: 'set the clocks by NTP' });
  if (days < soonDays) return warning(group, text, { reason: `it ends in ${days} days, ${until}`, hint });
  return ok(group, `${text} for ${days} days (until ${until})`);
}

/** Whether the API server trusts the webhook by the root that signs for it. Pure. */
export function caBundleCheck(configuration: JsonObject, rootPem: string): CheckLine {
  const name = textAt(configuration, 'metadata', 'name');
  const text = `the caBundle of ${name} holds the root of the webhook`;
  const wanted = fingerprints(rootPem);
  const wrong = listAt(configuration, 'webhooks').filter((webhook) => {
    const bundle = Buffer.from(textAt(webhook, 'clientConfig', 'caBundle'), 'base64').toString('utf8');
    const held = fingerprints(bundle);
    return !wanted.every((one) => held.includes(one));
  });
  if (wrong.length === 0) return ok(group, text);
  return failed(group, text, {
    reason: `${textAt(wrong[0], 'name')} has another certificate`,
    hint: '`outrigger install` with the same options writes it anew; then restart the Deployment',
  });
}

function fingerprints(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block).fingerprint256];
    } catch {
      return [];
    }
  });
}
