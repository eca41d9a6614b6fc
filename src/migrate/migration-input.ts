import type { RegistryProblem } from '../registry/registry-problem.ts';
import type { SourceObject } from '../source/object-source.ts';

/** A key of another mesh's settings, and what became of it. */
export interface ToldValue {
  readonly key: string;
  readonly state: 'mapped' | 'reported';
  readonly text: string;
}

export interface MigrationInput {
  /** Of kinds that nothing reads here, too. */
  readonly objects: readonly SourceObject[];
  /** What the configuration flow says of them. */
  readonly problems: readonly RegistryProblem[];
  /** Of Istio's meshConfig and of its injector's values. */
  readonly values: readonly ToldValue[];
  /** Why injection would refuse a pod with these annotations; undefined where it would not. */
  readonly refusal: (annotations: Readonly<Record<string, string>>) => string | undefined;
}

export function groupOf({ apiVersion }: Pick<SourceObject, 'apiVersion'>): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

export function placeOf({ namespace, name }: Pick<SourceObject, 'namespace' | 'name'>): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}
