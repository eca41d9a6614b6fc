import type { OutcomeEvent, OutcomeListener, OutcomeName } from '../inject/webhook-types.ts';
import type { Logger } from '../telemetry/logger.ts';

const levels: Record<OutcomeName, 'debug' | 'info' | 'warn' | 'error'> = {
  injected: 'info',
  skipped: 'info',
  ignored: 'debug',
  rejected: 'warn',
  failed: 'error',
  malformed: 'warn',
};

/**
 * One line a decision. It names the pod, never what is in it: error messages name a field and the value
 * of an annotation, which is no place for a secret.
 */
export function logOutcome(logger: Logger): OutcomeListener {
  return (event) => logger[levels[event.outcome]](lineOf(event), event.error?.message ?? event.message);
}

function lineOf(event: OutcomeEvent): object {
  const { outcome, uid, namespace, pod, reason, dryRun, patchBytes, warnings, error, owner } = event;
  return {
    outcome,
    uid,
    namespace,
    pod,
    ...(owner === undefined ? {} : { owner: `${owner.kind}/${owner.name}` }),
    ...(reason === '' ? {} : { reason }),
    ...(dryRun ? { dryRun } : {}),
    ...(patchBytes === 0 ? {} : { patchBytes }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(error === undefined ? {} : { code: error.code }),
    ms: Math.round(event.durationMs * 1000) / 1000,
  };
}
