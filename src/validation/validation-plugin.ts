import type { FastifyPluginCallback, FastifyReply } from 'fastify';
import { asOutriggerError, OutriggerError } from '../errors.ts';
import { encodeAllowed, encodeRefused } from '../inject/admission-response.ts';
import { cleanWarnings } from '../inject/admission-warnings.ts';
import { decodeValidation } from './decode-request.ts';
import { type Doubts, judgeResource } from './judge-resource.ts';

export interface ValidationOptions {
  readonly doubts: Doubts;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly onOutcome: (outcome: ValidationOutcome) => void;
  /** Told of every unexpected error: the answer never holds its text. */
  readonly onFault: (error: unknown) => void;
}

export interface ValidationOutcome {
  readonly passed: boolean;
  /** '' for what is no review. */
  readonly kind: string;
  readonly code: string;
}

/** `POST /validate`: reviews of the resources that configure the mesh. Nothing is written, so a dry run is one like others. */
export function validationPlugin(options: ValidationOptions): FastifyPluginCallback {
  return (app, _, done) => {
    app.removeAllContentTypeParsers();
    const parser = { parseAs: 'string', bodyLimit: options.bodyLimit } as const;
    app.addContentTypeParser('application/json', parser, (_request, body, parsed) => parsed(null, body));
    app.post('/validate', { bodyLimit: options.bodyLimit }, (request, reply) => {
      const { body } = request;
      if (typeof body !== 'string' || body === '') throw new OutriggerError('OR1102', 'it has no byte');
      send(reply, answer(body, options));
    });
    done();
  };
}

function answer(body: string, { doubts, onOutcome, onFault }: ValidationOptions): string {
  const request = decodeValidation(body);
  const kind = String(request.object?.kind ?? '');
  try {
    const { refusal, warnings: given } = judgeResource(request, doubts);
    const warnings = cleanWarnings(given);
    onOutcome({ passed: refusal === undefined, kind, code: refusal?.code ?? '' });
    if (refusal !== undefined) return encodeRefused(request, refusal, warnings);
    return encodeAllowed(request, { patchBase64: '', warnings, reason: '' });
  } catch (error) {
    // A fault of ours must not stand between an author and the cluster: the registry reads the resource again.
    onFault(error);
    const { code, detail, remedy } = asOutriggerError(error);
    onOutcome({ passed: true, kind, code });
    return encodeAllowed(request, { patchBase64: '', warnings: [`${code} ${detail}. ${remedy}`], reason: '' });
  }
}

function send(reply: FastifyReply, text: string): void {
  reply.type('application/json').send(text);
}
