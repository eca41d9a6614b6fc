import { OutriggerError } from '../../errors.ts';
import type { PodFacts } from '../review/request.ts';
import { checks } from './checks.ts';
import type { Decision } from './reason.ts';

/** Runs every check; the first that has a say decides. Pure. */
export function decide(facts: PodFacts): Decision {
  const reasons = checks.map((check) => check.run(facts));
  const deciding = reasons.find((reason) => reason.verdict !== 'none');
  if (deciding === undefined) throw new OutriggerError('OR1901', 'no check decided; the policy always must');
  return {
    inject: deciding.verdict === 'inject',
    decidedBy: deciding.code,
    message: deciding.message,
    reasons,
    warnings: reasons.flatMap((reason) => (reason.warning === undefined ? [] : [reason.warning])),
  };
}
