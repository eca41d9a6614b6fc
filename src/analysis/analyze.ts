import { catalogue } from '../errors.ts';
import { fieldOf, printOrigin } from '../model/origin.ts';
import { unimplementedIn } from '../policy/unimplemented.ts';
import type { RegistryProblem } from '../registry/registry-problem.ts';
import { kindOf } from '../schema/kinds.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { AnalysisInput } from './analysis-input.ts';
import { analyzers } from './analyzers.ts';
import type { Finding } from './finding.ts';

/** All that is found, in the order of the analyzers; what the parts of the mesh say by themselves comes first. */
export function analyze(input: AnalysisInput): readonly Finding[] {
  const found = analyzers.flatMap((analyzer) => [...analyzer.analyze(input)]);
  const told = new Map([...findingsBeside(input), ...found].map((one) => [keyOf(one), one]));
  return [...told.values()];
}

/** What is found without any analyzer. */
export function findingsBeside(input: AnalysisInput): readonly Finding[] {
  const said = input.problems.filter(({ origin }) => input.judged(origin)).map(asFinding);
  return [...said, ...input.objects.filter(input.judged).flatMap(fieldsWithoutEffect)];
}

const keyOf = ({ code, origin, message }: Finding) => `${code} ${printOrigin(origin)} ${message}`;

/** An error of the schema is one that the API of the cluster refuses, without any request. */
function asFinding({ severity, code, message, origin }: RegistryProblem): Finding {
  const weight = code === 'OR1653' ? 'Info' : severity === 'error' ? 'Error' : 'Warning';
  return { code, severity: weight, origin, message, remedy: catalogue[code].remedy };
}

function fieldsWithoutEffect({ kind, apiVersion, object, origin }: SourceObject): Finding[] {
  if (kindOf(apiVersion, kind) === undefined) return [];
  return unimplementedIn({ kind, spec: object.spec }).map(({ code, path, message }) => ({
    ...{ code, severity: 'Warning', origin: fieldOf(origin, path), message, remedy: catalogue[code].remedy },
  }));
}
