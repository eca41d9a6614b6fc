import { asOutriggerError } from '../../errors.ts';
import type { InstallCluster } from '../cluster.ts';
import { textAt } from '../fields.ts';
import { clockSkew, sayable } from '../install.ts';
import { type CheckLine, failed, ok, warning } from './check-line.ts';

const group = 'kubernetes-api';
/** matchConditions and ValidatingAdmissionPolicy are stable from there on. */
const leastMinor = 30;
const wellSkewMs = 5000;
const badSkewMs = 300_000;

/** Whether the API server is there, new enough, and of the same time. Nothing else can be asked where it is not: `reached`. */
export async function apiChecks(
  cluster: InstallCluster,
  now: () => Date,
): Promise<{ readonly reached: boolean; readonly lines: readonly CheckLine[] }> {
  const reach = 'the API server answers';
  try {
    const version = await cluster.get('/version');
    const skew = await clockSkew(cluster, now);
    return { reached: true, lines: [ok(group, reach), ofVersion(version), ofClock(skew)] };
  } catch (error) {
    const { detail, remedy } = asOutriggerError(error);
    return { reached: false, lines: [failed(group, reach, { reason: detail, hint: remedy })] };
  }
}

function ofVersion(version: unknown): CheckLine {
  const [major, minor] = [textAt(version, 'major'), textAt(version, 'minor')].map((text) => Number.parseInt(text, 10));
  const text = `it is Kubernetes 1.${leastMinor} or newer`;
  const fits = (major ?? 0) > 1 || (major === 1 && (minor ?? 0) >= leastMinor);
  if (fits) return ok(group, `${text} (${textAt(version, 'gitVersion')})`);
  return failed(group, text, {
    reason: `it is ${textAt(version, 'gitVersion') || 'of an unknown version'}`,
    hint: 'update the cluster: older ones have no matchConditions of webhooks',
  });
}

function ofClock(skewMs: number): CheckLine {
  const text = 'its clock is ours';
  const about = { reason: sayable(skewMs), hint: 'set both clocks by NTP: certificates and tokens have times' };
  if (Math.abs(skewMs) <= wellSkewMs) return ok(group, text);
  return Math.abs(skewMs) >= badSkewMs ? failed(group, text, about) : warning(group, text, about);
}
