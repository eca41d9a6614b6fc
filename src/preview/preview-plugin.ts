import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { joinDocuments, printDocument } from '../documents/print-documents.ts';
import { readDocuments } from '../documents/read-documents.ts';
import { asOutriggerError, describeError, OutriggerError } from '../errors.ts';
import type { Injector } from '../inject/injector.ts';
import { injectObject, type ObjectInjection } from '../inject/object-injection.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { describePreview } from './describe.ts';
import { hideSecrets } from './hide-secrets.ts';
import { namespaceFacts, parsePairs } from './namespace-facts.ts';
import { printPreview } from './text.ts';

export interface PreviewOptions {
  readonly injector: Injector;
  readonly facts: ClusterFacts;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly onFault: (error: unknown) => void;
}

/** Admissions wait while YAML is read: a preview may not hold them up for long. */
const yamlLimit = 512 * 1024;

type Query = { namespace?: string; labels?: string; annotations?: string; explain?: string };

/**
 * `POST /preview`: what would happen to the objects of the body. It writes nothing, makes no event and shows no
 * content of a Secret. JSON, YAML (`Accept: application/yaml`) or a unified diff (`Accept: text/plain`).
 */
export function previewPlugin(options: PreviewOptions): FastifyPluginCallback {
  return (app, _, done) => {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: options.bodyLimit }, (_request, body, parsed) =>
      parsed(null, body),
    );
    app.setErrorHandler((error, _request, reply) => answerError(error, reply, options));
    app.post('/preview', { bodyLimit: options.bodyLimit }, (request: FastifyRequest<{ Querystring: Query }>, reply) => {
      const { body } = request;
      if (typeof body !== 'string' || body.trim() === '')
        throw new OutriggerError('OR1102', 'it has no object to preview');
      const documents = readDocuments(body, 'body', yamlLimit);
      const previews = documents.map((document) => ({
        document,
        ...previewObject(document.object, request.query, options),
      }));
      const results = previews.flatMap((preview) => preview.results);
      const format = chooseFormat(request.headers.accept);
      if (format === 'diff')
        return reply
          .type('text/plain; charset=utf-8')
          .send(
            `${results.map((one) => printPreview(one, { explain: request.query.explain !== undefined, rules: false })).join('\n')}\n`,
          );
      if (format === 'yaml')
        return reply
          .type('application/yaml')
          .send(joinDocuments(previews.map(({ document, after }) => printDocument(document, hideSecrets(after)))));
      const items = results.map((one) => ({ ...describePreview(one), object: hideSecrets(one.after) }));
      return reply.type('application/json').send(JSON.stringify(items.length === 1 ? items[0] : { items }));
    });
    done();
  };
}

function previewObject(
  object: JsonObject,
  query: Query,
  { injector, facts }: PreviewOptions,
): { after: JsonObject; results: ObjectInjection[] } {
  const { reviewed, namespace } = unwrapReview(object);
  const given = {
    namespace: query.namespace || namespace,
    labels: pairs(query.labels, 'labels'),
    annotations: pairs(query.annotations, 'annotations'),
  };
  return injectObject(reviewed, { injector, nodes: facts.nodes(), namespaceOf: namespaceFacts(facts, given) });
}

/** An AdmissionReview stands for the pod in it and its namespace. */
function unwrapReview(object: JsonObject): { reviewed: JsonObject; namespace: string | undefined } {
  if (object['kind'] !== 'AdmissionReview') return { reviewed: object, namespace: undefined };
  const request = object['request'];
  const inner = isObject(request) ? request['object'] : undefined;
  if (!isObject(request) || !isObject(inner))
    throw new OutriggerError('OR1209', 'the AdmissionReview has no request.object', { at: 'body' });
  const namespace = typeof request['namespace'] === 'string' ? request['namespace'] : undefined;
  return { reviewed: { apiVersion: 'v1', kind: 'Pod', ...inner }, namespace };
}

function pairs(text: string | undefined, name: string): Readonly<Record<string, string>> | undefined {
  return text === undefined ? undefined : parsePairs(text, `?${name}=`);
}

function chooseFormat(accept: string | undefined): 'json' | 'yaml' | 'diff' {
  for (const range of (accept ?? '').split(',').map((part) => part.split(';')[0]?.trim() ?? '')) {
    if (range === 'application/json') return 'json';
    if (/^(application|text)\/(x-)?yaml$/.test(range)) return 'yaml';
    if (range === 'text/plain' || /^text\/(x-)?(diff|patch)$/.test(range)) return 'diff';
  }
  return 'json';
}

function answerError(thrown: unknown, reply: FastifyReply, options: PreviewOptions): FastifyReply {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const error =
    code === 'FST_ERR_CTP_BODY_TOO_LARGE'
      ? new OutriggerError('OR1106', 'it exceeds the limit')
      : asOutriggerError(thrown);
  if (error.code === 'OR1901') options.onFault(thrown);
  return reply
    .code(error.entry.status)
    .type('application/json')
    .send(JSON.stringify({ error: describeError(error) }));
}
