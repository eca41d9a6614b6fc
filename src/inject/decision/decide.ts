import { OutriggerError } from '../../errors.ts';
import type { PodFacts } from '../review/request.ts';
import { checks } from './checks.ts';
import { emergencyReason } from './emergency.ts';
import type { Decision } from './reason.ts';

/** Runs every check; the first that has a say decides, unless an emergency stops what it has decided. Pure. */
export function decide(facts: PodFacts): Decision {
  const said = checks.map((check) => check.run(facts));
  const first = said.find((reason) => reason.verdict !== 'none');
  const stop = first?.verdict === 'inject' ? emergencyReason(facts) : undefined;
  const [deciding, reasons] = stop === undefined ? [first, said] : [stop, [stop, ...said]];
  if (deciding === undefined) throw new OutriggerError('OR1901', 'no check decided; the policy always must');
  return {
    inject: deciding.verdict === 'inject',
    decidedBy: deciding.code,
    message: deciding.message,
    reasons,
    warnings: reasons.flatMap((reason) => (reason.warning === undefined ? [] : [reason.warning])),
  };
}
