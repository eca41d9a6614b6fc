import type { FastifyPluginCallback } from 'fastify';

/** One condition of readiness, looked at when asked. */
export interface ReadinessCheck {
  readonly name: string;
  /** Undefined when fine; else a sentence that says what is missing. */
  problem(): string | undefined;
  /** What works but is not as it should be; shown, never a reason not to be ready. */
  notes?(): readonly string[];
}

/**
 * `/healthz/live`: the process answers. `/healthz/ready`: 200 when no check has a problem, else 503 and every
 * problem. The body of both tells a person; the status tells the kubelet.
 */
export function healthPlugin(checks: readonly ReadinessCheck[]): FastifyPluginCallback {
  return (app, _, done) => {
    app.get('/healthz/live', (_request, reply) => {
      reply.send({ live: true });
    });
    app.get('/healthz/ready', (_request, reply) => {
      const answers = checks.map((check) => describe(check));
      const ready = answers.every((answer) => answer.ok);
      reply.code(ready ? 200 : 503).send({ ready, checks: answers });
    });
    done();
  };
}

function describe(check: ReadinessCheck) {
  const problem = check.problem();
  const notes = check.notes?.() ?? [];
  return {
    name: check.name,
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    ...(notes.length === 0 ? {} : { notes }),
  };
}
