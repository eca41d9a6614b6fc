import { isObject } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';
import { beginRegexes } from './common/regex.ts';
import { EnvelopeSchema, type KindDefinition } from './kind.ts';
import { kindOf, kinds, type Resource } from './kinds.ts';
import { type Finding, type Problem, printPath, printValue } from './problem.ts';
import { walk } from './walk.ts';

export interface Validation {
  /** The resource as its type; undefined when a problem is an error. */
  readonly value: Resource | undefined;
  /** In the order of the fields of the schema, parts before the whole. */
  readonly problems: readonly Problem[];
}

/** Checks a resource of any version, all that can be known without looking at others. Never throws. */
export function validate(object: unknown): Validation {
  const problems: Problem[] = [];
  beginRegexes();
  const envelope = walk(EnvelopeSchema, object, [], { problems });
  if (!isObject(object)) return { value: undefined, problems };
  const definition =
    typeof object.apiVersion === 'string' && typeof object.kind === 'string'
      ? kindOf(object.apiVersion, object.kind)
      : undefined;
  if (definition === undefined) {
    if (problems.every((problem) => problem.path !== 'apiVersion' && problem.path !== 'kind'))
      problems.push(unknownKind(String(object.apiVersion), String(object.kind)));
    return { value: undefined, problems };
  }
  const spec = walk(definition.spec, object.spec ?? {}, ['spec'], { problems });
  const { namespace } = isObject(object.metadata) ? object.metadata : {};
  if (typeof namespace === 'string' && !problems.some(({ severity }) => severity === 'error'))
    (definition as KindDefinition).check?.(spec, namespace, (finding) => problems.push(ofSpec(finding, spec)));
  const failed = problems.some((problem) => problem.severity === 'error');
  return { value: failed ? undefined : ({ ...(envelope as object), spec } as Resource), problems };
}

function ofSpec({ at = [], severity = 'error', code, message }: Finding, spec: unknown): Problem {
  const value = at.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], spec);
  return { severity, code, message, path: printPath(['spec', ...at]), value };
}

function unknownKind(apiVersion: string, kind: string): Problem {
  const known: readonly KindDefinition[] = kinds;
  const found = known.find((definition) => definition.kind === kind);
  const base = { severity: 'error', code: 'OR1640' } as const;
  if (found === undefined) {
    const near = nearest(
      kind,
      known.map((definition) => definition.kind),
    );
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    return { ...base, path: 'kind', value: kind, message: `the kind ${printValue(kind)} is not known${hint}` };
  }
  const versions = found.versions.map((version) => `${found.group}/${version}`).join(', ');
  return {
    ...base,
    path: 'apiVersion',
    value: apiVersion,
    message: `${printValue(apiVersion)} has no ${kind}; it is in ${versions}`,
  };
}
