import type { FastifyPluginCallback, FastifyReply } from 'fastify';
import { joinDocuments } from '../documents/print-documents.ts';
import type { ManifestDocument } from '../documents/read-documents.ts';
import { asOutriggerError, describeError, OutriggerError } from '../errors.ts';
import type { Injector } from '../inject/injector.ts';
import { injectObject, type ObjectInjection } from '../inject/object-injection.ts';
import type { InstalledRevisions } from '../model/installed-revisions.ts';
import { isObject, type JsonObject } from '../model/json.ts';
import type { ClusterFacts } from '../model/pod.ts';
import { bounded } from './bounded.ts';
import { describePreview } from './describe.ts';
import { hideSecrets } from './hide-secrets.ts';
import { namespaceFacts } from './namespace-facts.ts';
import { type AnswerFormat, type PreviewQuery, readBody, readQuery } from './preview-request.ts';
import { printHidden } from './print-hidden.ts';
import { printPreview } from './text.ts';

export interface PreviewOptions {
  readonly injector: Injector;
  readonly facts: ClusterFacts;
  /** The control planes of the cluster; undefined where that cannot be known. */
  readonly installed?: (() => Promise<InstalledRevisions | undefined>) | undefined;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly onFault: (error: unknown) => void;
  /** `/preview` without it. */
  readonly path?: string;
}

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
    app.post(options.path ?? '/preview', { bodyLimit: options.bodyLimit }, async (request, reply) => {
      const query = readQuery(request.query);
      const format = chooseFormat(request.headers.accept);
      const installed = await options.installed?.();
      const previews = readBody(request.body, format).map((document) => ({
        document,
        ...previewObject(document.object, { query, installed }, options),
      }));
      const { type, text } = printAnswer(previews, format, query.explain);
      return reply.type(type).send(text);
    });
    done();
  };
}

interface DocumentPreview {
  readonly document: ManifestDocument;
  readonly after: JsonObject;
  readonly results: readonly ObjectInjection[];
}

function printAnswer(
  previews: readonly DocumentPreview[],
  format: AnswerFormat,
  explain: boolean,
): { type: string; text: string } {
  const results = previews.flatMap((preview) => preview.results);
  if (format === 'diff') {
    const texts = bounded(results, (one) => printPreview(one, { explain, rules: false }));
    return { type: 'text/plain; charset=utf-8', text: `${texts.join('\n')}\n` };
  }
  if (format === 'yaml') {
    const texts = bounded(previews, ({ document, after }) => printHidden(document, after));
    return { type: 'application/yaml', text: joinDocuments(texts) };
  }
  const items = bounded(results, (one) => JSON.stringify({ ...describePreview(one), object: hideSecrets(one.after) }));
  return { type: 'application/json', text: items.length === 1 ? items.join() : `{"items":[${items.join(',')}]}` };
}

function previewObject(
  object: JsonObject,
  { query, installed }: { query: PreviewQuery; installed: InstalledRevisions | undefined },
  { injector, facts }: PreviewOptions,
): { after: JsonObject; results: ObjectInjection[] } {
  const { reviewed, namespace } = unwrapReview(object);
  const given = { ...query, namespace: query.namespace ?? namespace };
  return injectObject(reviewed, {
    injector,
    installed,
    nodes: facts.nodes(),
    proxyConfigsOf: (name, labels) => facts.proxyConfigs?.(name, labels),
    bootstrapFiltersOf: (name) => facts.bootstrapFilters?.(name),
    stoppedInjectionOf: (name, labels) => facts.stoppedInjection?.(name, labels),
    namespaceOf: namespaceFacts(facts, given),
  });
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

function chooseFormat(accept: string | undefined): AnswerFormat {
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
      : thrown instanceof RangeError
        ? new OutriggerError('OR1209', 'it is nested too deep', { at: 'body', cause: thrown })
        : asOutriggerError(thrown);
  if (error.code === 'OR1901') options.onFault(thrown);
  return reply
    .code(error.entry.status)
    .type('application/json')
    .send(JSON.stringify({ error: describeError(error) }));
}
