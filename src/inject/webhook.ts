import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { asOutriggerError, describeError, OutriggerError } from '../errors.ts';
import { Admitter, type AdmitterOptions } from './webhook-admit.ts';
import type { OutcomeEvent } from './webhook-types.ts';

export interface WebhookOptions extends AdmitterOptions {
  /** Bytes; a longer body is OR1106. */
  readonly bodyLimit: number;
}

/** Twice what etcd takes by default for a whole object is 3 MiB; Istio's injector takes 6. */
export const defaultBodyLimit = 6 * 1024 * 1024;

/**
 * `POST /inject` and Istio's `/inject/name/value/…`. The body reaches the handler as text and leaves as text:
 * no schema, no serializer, one JSON.parse.
 */
export function webhookPlugin(options: WebhookOptions): FastifyPluginCallback {
  const admitter = new Admitter(options);
  const handle = (request: FastifyRequest<{ Params: { '*'?: string } }>, reply: FastifyReply): void => {
    const { body } = request;
    if (typeof body !== 'string' || body === '') throw new OutriggerError('OR1102', 'it has no byte');
    const answer = admitter.admit(body, request.params['*'] ?? '');
    if (typeof answer === 'string') send(reply, answer);
    else answer.then((text) => send(reply, text));
  };
  return (app, _, done) => {
    app.removeAllContentTypeParsers();
    const parser = { parseAs: 'string', bodyLimit: options.bodyLimit } as const;
    app.addContentTypeParser('application/json', parser, (_request, body, parsed) => parsed(null, body));
    app.setErrorHandler((error, _request, reply) => {
      const coded = codedError(error);
      if (coded.code === 'OR1901') options.onFault(error, '');
      options.onOutcome(malformed(coded));
      reply
        .code(coded.entry.status)
        .type('application/json')
        .send(JSON.stringify({ error: describeError(coded) }));
    });
    app.post('/inject', { bodyLimit: options.bodyLimit }, handle);
    app.post('/inject/*', { bodyLimit: options.bodyLimit }, handle);
    done();
  };
}

/**
 * The answer is ASCII (see admission-response.ts), so its length is its size and it is written byte by byte: as
 * UTF-8, or by way of Fastify's own serialization, the same 30 KB take a seventh longer.
 */
function send(reply: FastifyReply, text: string): void {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
  reply.raw.end(text, 'latin1');
}

/** Fastify's own errors of reading a body, in our words. */
function codedError(error: unknown): OutriggerError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new OutriggerError('OR1106', 'it exceeds the limit');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new OutriggerError('OR1101', 'the body is declared as another type, or as none');
  }
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new OutriggerError('OR1115', 'the body has another length than the header content-length says');
  }
  // The client went away, or sent what Node's parser refuses.
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  return status < 500
    ? new OutriggerError('OR1115', 'the body cannot be read', { cause: error })
    : asOutriggerError(error);
}

function malformed(error: OutriggerError): OutcomeEvent {
  const described = { code: error.code, message: error.message, remedy: error.remedy };
  const nobody = { uid: '', namespace: '', pod: '', owner: undefined, dryRun: false, reason: '', message: '' };
  return { ...nobody, outcome: 'malformed', warnings: [], error: described, patchBytes: 0, durationMs: 0 };
}
