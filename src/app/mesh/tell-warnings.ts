import type { Snapshot } from '../../registry/snapshot.ts';
import type { ObjectChanges } from '../../source/object-source.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { type FieldWarnings, printFieldWarning } from './field-warnings.ts';
import { type JointWarnings, jointWarningCode, printJointWarning } from './joint-warnings.ts';

/** Says of fields that have no effect, and of resources that do not go together, what is new. */
export function tellWarnings(
  { fields, joint, logger }: { readonly fields: FieldWarnings; readonly joint: JointWarnings; readonly logger: Logger },
  changes: ObjectChanges,
  snapshot: Snapshot,
): void {
  for (const warning of fields.apply(changes)) logger.warn({ code: warning.problem.code }, printFieldWarning(warning));
  for (const warning of joint.apply(snapshot)) logger.warn({ code: jointWarningCode }, printJointWarning(warning));
}
