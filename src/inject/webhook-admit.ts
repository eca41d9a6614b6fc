import { isDeepStrictEqual } from 'node:util';
import { asOutriggerError, OutriggerError } from '../errors.ts';
import type { Json } from '../model/json.ts';
import { isObject } from '../model/json.ts';
import type { ClusterFacts, NamespaceFacts } from '../model/pod.ts';
import { tagParameter } from '../model/revision-tag.ts';
import { type AdmissionRequest, decodePod, decodeReview } from './admission.ts';
import { encodeAllowed, encodeRefused } from './admission-response.ts';
import { cleanWarnings } from './admission-warnings.ts';
import type { OutcomeEvent, OutcomeListener, OutcomeName, OwnerSummary, PodInjector } from './webhook-types.ts';
import { parseUrlParameters } from './webhook-url.ts';

export interface AdmitterOptions {
  readonly injector: PodInjector;
  readonly facts: ClusterFacts;
  readonly onOutcome: OutcomeListener;
  /** Told of every unexpected error, with its stack: the answer never holds it. */
  readonly onFault: (error: unknown, uid: string) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds that a namespace may take to be looked up; well below the webhook's own timeout. */
  readonly lookupTimeoutMs: number;
}

/** Reasons to leave a pod alone that lie in its namespace. */
const ofNamespace = new Set(['not_selected', 'namespace_disabled', 'other_revision', 'revision_not_installed']);

interface Asked {
  readonly namespace: NamespaceFacts;
  readonly remainder: string;
  readonly started: number;
}

function isUnanswered(error: unknown): boolean {
  return error instanceof OutriggerError && error.code === 'OR1114';
}

interface Answer {
  readonly text: string;
  readonly outcome: OutcomeName;
  readonly reason: string;
  readonly message: string;
  readonly warnings: readonly string[];
  readonly error: OutriggerError | undefined;
  readonly patchBytes: number;
}

const unchanged = { reason: '', message: '', warnings: [], error: undefined, patchBytes: 0 } as const;

/**
 * From the text of an AdmissionReview to the text of its answer. Whatever goes wrong once the review is
 * understood refuses the pod: an error never lets one through uninjected.
 */
export class Admitter {
  readonly #options: AdmitterOptions;
  #lastUrl = '';
  #lastParameters: Readonly<Record<string, string>> | undefined;

  constructor(options: AdmitterOptions) {
    this.#options = options;
  }

  /**
   * `remainder` is the path after `/inject/`. Synchronous unless the namespace has to be fetched.
   * Throws OR1103, OR1104, OR1105 when there is no review to answer.
   */
  admit(body: string, remainder: string): string | Promise<string> {
    const started = this.#options.now();
    const request = decodeReview(body);
    if (!request.createsPod) {
      const text = encodeAllowed(request, { patchBase64: '', warnings: [], reason: '' });
      return this.#finish(request, { ...unchanged, text, outcome: 'ignored' }, started);
    }
    try {
      const name = namespaceOf(request);
      const namespace = this.#knownNamespace(name);
      if (namespace === undefined) return this.#admitLater(request, name, remainder, started);
      const answer = this.#inject(request, namespace, remainder);
      if (ofNamespace.has(answer.reason)) return this.#askAgain(request, answer, { namespace, remainder, started });
      return this.#finish(request, answer, started);
    } catch (error) {
      return this.#finish(request, this.#refuse(request, error), started);
    }
  }

  /**
   * The API server chose this pod by the labels of its namespace; memory says they leave it alone. Memory may be
   * behind (a label set a moment ago, a broken watch), so the source itself is asked before a pod goes uninjected.
   */
  async #askAgain(request: AdmissionRequest, remembered: Answer, asked: Asked): Promise<string> {
    const { namespace, remainder, started } = asked;
    let answer: Answer;
    try {
      const now = await this.#fetchNamespace(namespace.name);
      answer = isDeepStrictEqual(now, namespace) ? remembered : this.#inject(request, now, remainder);
    } catch (error) {
      // Refusing would block a namespace that never asked for injection, while the API is in trouble.
      answer = isUnanswered(error)
        ? this.#withWarning(request, remembered, namespace.name)
        : this.#refuse(request, error);
    }
    return this.#finish(request, answer, started);
  }

  #withWarning(request: AdmissionRequest, answer: Answer, name: string): Answer {
    const doubt = `The labels of namespace ${name} could not be read again (OR1114): should it take part in the mesh, create the pod once more.`;
    const warnings = cleanWarnings([...answer.warnings, doubt]);
    return { ...answer, warnings, text: encodeAllowed(request, { patchBase64: '', warnings, reason: answer.reason }) };
  }

  async #admitLater(request: AdmissionRequest, name: string, remainder: string, started: number): Promise<string> {
    try {
      const namespace = await this.#fetchNamespace(name);
      return this.#finish(request, this.#inject(request, namespace, remainder), started);
    } catch (error) {
      return this.#finish(request, this.#refuse(request, error), started);
    }
  }

  #knownNamespace(name: string): NamespaceFacts | undefined {
    const { facts } = this.#options;
    if (!facts.synced) throw new OutriggerError('OR1110', 'its first listing of namespaces and nodes is under way');
    return facts.namespace(name);
  }

  async #fetchNamespace(name: string): Promise<NamespaceFacts> {
    const { facts, lookupTimeoutMs } = this.#options;
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(new Error(`no answer in ${lookupTimeoutMs} ms`)), lookupTimeoutMs);
    let found: NamespaceFacts | undefined;
    try {
      found = await Promise.race([facts.fetchNamespace(name), timeout.promise]);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw new OutriggerError('OR1114', `namespace ${JSON.stringify(name)}: ${detail}`, { cause });
    } finally {
      clearTimeout(timer);
    }
    if (found === undefined) throw new OutriggerError('OR1111', `namespace ${JSON.stringify(name)} does not exist`);
    return found;
  }

  #inject(request: AdmissionRequest, namespace: NamespaceFacts, remainder: string): Answer {
    const { injector, facts } = this.#options;
    const pod = decodePod(request.object, namespace.name);
    const { [tagParameter]: tag, ...urlParameters } = this.#parametersOf(remainder);
    const proxyConfigs = facts.proxyConfigs?.(namespace.name, pod.metadata.labels ?? {});
    const stopped = facts.stoppedInjection?.(namespace.name, pod.metadata.labels ?? {});
    const bootstrapFilters = facts.bootstrapFilters?.(namespace.name);
    const around = { namespace, nodes: facts.nodes(), proxyConfigs, bootstrapFilters, stopped };
    const outcome = injector.inject({ pod, ...around, urlParameters, tag });
    const { decision } = outcome;
    const { patchBase64, patchBytes } = outcome;
    const warnings = cleanWarnings(outcome.warnings);
    return {
      text: encodeAllowed(request, { patchBase64, warnings, reason: decision.decidedBy }),
      outcome: decision.inject ? 'injected' : 'skipped',
      reason: decision.decidedBy,
      message: decision.message,
      warnings,
      error: undefined,
      patchBytes,
    };
  }

  /** All requests of one webhook entry have the same URL, so the last one is remembered. */
  #parametersOf(remainder: string): Readonly<Record<string, string>> {
    if (this.#lastParameters === undefined || this.#lastUrl !== remainder) {
      this.#lastParameters = parseUrlParameters(remainder);
      this.#lastUrl = remainder;
    }
    return this.#lastParameters;
  }

  #refuse(request: AdmissionRequest, thrown: unknown): Answer {
    const error = asOutriggerError(thrown);
    const failed = error.code === 'OR1901';
    if (failed) this.#options.onFault(thrown, request.uid);
    return { ...unchanged, text: encodeRefused(request, error, []), outcome: failed ? 'failed' : 'rejected', error };
  }

  #finish(request: AdmissionRequest, answer: Answer, started: number): string {
    const durationMs = this.#options.now() - started;
    try {
      this.#options.onOutcome(describeOutcome(request, answer, durationMs));
    } catch (error) {
      this.#options.onFault(error, request.uid);
    }
    return answer.text;
  }
}

function describeOutcome(request: AdmissionRequest, answer: Answer, durationMs: number): OutcomeEvent {
  const { error } = answer;
  return {
    outcome: answer.outcome,
    uid: request.uid,
    namespace: request.namespace,
    pod: podName(request.object),
    owner: ownerOf(request.object),
    dryRun: request.dryRun,
    reason: answer.reason,
    message: answer.message,
    warnings: answer.warnings,
    error: error && { code: error.code, message: error.message, remedy: error.remedy },
    patchBytes: answer.patchBytes,
    durationMs,
  };
}

function namespaceOf(request: AdmissionRequest): string {
  if (request.namespace !== '') return request.namespace;
  const metadata = isObject(request.object) ? request.object.metadata : undefined;
  const named = isObject(metadata) ? metadata.namespace : undefined;
  if (typeof named === 'string' && named !== '') return named;
  throw new OutriggerError('OR1113', 'neither it nor the pod names a namespace', { at: 'request.namespace' });
}

function podName(object: Json | undefined): string {
  const metadata = isObject(object) ? object.metadata : undefined;
  if (!isObject(metadata)) return '';
  if (typeof metadata.name === 'string' && metadata.name !== '') return metadata.name;
  return typeof metadata.generateName === 'string' ? `${metadata.generateName}*` : '';
}

function ownerOf(object: Json | undefined): OwnerSummary | undefined {
  const metadata = isObject(object) ? object.metadata : undefined;
  const references = isObject(metadata) ? metadata.ownerReferences : undefined;
  if (!Array.isArray(references)) return undefined;
  const owner = references.find((reference) => isObject(reference) && reference.controller === true);
  if (!isObject(owner)) return undefined;
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : '');
  return {
    apiVersion: text(owner.apiVersion),
    kind: text(owner.kind),
    name: text(owner.name),
    uid: text(owner.uid),
  };
}
