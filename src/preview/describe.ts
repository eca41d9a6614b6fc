import jsonPatch, { type Operation } from 'fast-json-patch';
import { describeError } from '../errors.ts';
import type { ObjectInjection } from '../inject/object-injection.ts';
import type { Json, JsonObject } from '../model/json.ts';
import type { Container } from '../model/pod.ts';

/** What would happen to one object: the dry run as JSON. */
export interface Preview {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly outcome: 'injected' | 'skipped' | 'rejected';
  readonly decision: Json;
  readonly error?: Json;
  readonly warnings: readonly string[];
  /** RFC 6902, from the object as it came. */
  readonly patch: readonly Operation[];
  readonly object: JsonObject;
  /** What istio-init applies; null where it does not run. */
  readonly rules: Json;
  /** Envoy's bootstrap; null where there is none. */
  readonly bootstrap: Json;
  /** What the proxy asks of the node in addition. */
  readonly added: Json;
}

export function describePreview(result: ObjectInjection): Preview {
  const { embedded, outcome, error } = result;
  const decision = outcome?.decision;
  const proxy = outcome?.bootstrap === undefined ? undefined : findProxy(result);
  return {
    kind: embedded.kind,
    name: embedded.name,
    namespace: result.namespace,
    outcome: error !== undefined ? 'rejected' : decision?.inject ? 'injected' : 'skipped',
    decision: (decision === undefined
      ? null
      : {
          inject: decision.inject,
          decidedBy: decision.decidedBy,
          message: decision.message,
          reasons: decision.reasons,
        }) as Json,
    ...(error === undefined ? {} : { error: describeError(error) }),
    warnings: outcome?.warnings ?? [],
    patch: result.after === result.before ? [] : jsonPatch.compare(result.before, result.after),
    object: result.after,
    rules:
      outcome?.rules === undefined
        ? null
        : { v4: outcome.rules.v4, v6: outcome.rules.v6, routes: [...outcome.rules.routes] },
    bootstrap: bootstrapOf(proxy),
    added: (proxy?.resources ?? {}) as Json,
  };
}

function findProxy(result: ObjectInjection): Container | undefined {
  const pod = result.outcome?.pod;
  return [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])].find(
    (one) => one.name === 'istio-proxy',
  );
}

function bootstrapOf(proxy: Container | undefined): Json {
  const args = proxy?.args ?? [];
  const flag = args.indexOf('--config-yaml');
  const text = flag < 0 ? undefined : args[flag + 1];
  return text === undefined ? null : (JSON.parse(text) as Json);
}
