import { OutriggerError } from '../errors.ts';
import { isObject } from '../model/json.ts';
import type { ProxyReport } from '../model/proxy-report.ts';
import type { ControlPlaneReports } from './control-plane.ts';

export interface GatheredReports {
  readonly reports: readonly ProxyReport[];
  /** `replica: why it is silent` */
  readonly problems: readonly string[];
}

/** What every replica knows of the proxies, or of one, `<namespace>/<pod>`. Throws OR2535 when none answers. */
export async function gatherReports(from: ControlPlaneReports, proxy?: string): Promise<GatheredReports> {
  const path = `/mesh/proxies${proxy === undefined ? '' : `?proxy=${encodeURIComponent(proxy)}`}`;
  const reports: ProxyReport[] = [];
  const problems: string[] = [];
  for (const answer of await from.get(path)) {
    const read = 'text' in answer ? readReport(answer.text) : answer.problem;
    if (typeof read === 'string') problems.push(`${answer.replica}: ${read}`);
    else reports.push(read);
  }
  if (reports.length === 0) throw new OutriggerError('OR2535', problems.join('; '));
  return { reports, problems };
}

/** Only what a control plane of this version says is a report. */
function readReport(text: string): ProxyReport | string {
  try {
    const value: unknown = JSON.parse(text);
    const whole = isObject(value) && typeof value['instance'] === 'string' && Array.isArray(value['proxies']);
    return whole && Array.isArray(value['workloads']) ? (value as unknown as ProxyReport) : 'its answer is no report';
  } catch {
    return 'its answer is no JSON';
  }
}
