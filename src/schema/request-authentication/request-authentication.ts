import { listOf, message } from '../build.ts';
import { WorkloadSelector } from '../common/label.ts';
import { checkTargets, targetFields } from '../common/target-ref.ts';
import { JwtRule } from './jwt-rule.ts';

export const RequestAuthenticationSpec = message(
  {
    selector: WorkloadSelector,
    ...targetFields,
    jwtRules: listOf(JwtRule, 'Whose tokens are taken. A request with another token is refused, one without is not.'),
  },
  { description: 'Which tokens requests to pods may have.', check: checkTargets },
);
