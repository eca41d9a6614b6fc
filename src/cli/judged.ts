import type { AnalysisInput, Subject } from '../analysis/analysis-input.ts';
import type { Finding } from '../analysis/finding.ts';
import { catalogue, type OutriggerError } from '../errors.ts';
import { systemNamespaces } from '../inject/decision/checks.ts';
import { objectKey, type SourceObject } from '../source/object-source.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { MeshConfigNote } from './folder-mesh.ts';

/** What flags and files ask for: the objects of the files, and of the cluster those of a namespace. */
export function judgedOf(
  { namespace, allNamespaces }: { readonly namespace?: string; readonly allNamespaces?: boolean },
  files: ReadonlySet<string>,
  cluster: ClusterObjects,
): Subject {
  // As in Istio: those are of no mesh, and nobody here can mend them.
  const excluded = new Set<string>(systemNamespaces);
  if (allNamespaces === true) return ({ namespace: of, name }) => !excluded.has(of === '' ? name : of);
  const isOf = (name: string) => (of: Parameters<Subject>[0]) =>
    of.namespace === '' ? of.name === name : of.namespace === name;
  if (namespace !== undefined) return isOf(namespace);
  if (files.size === 0) return isOf(cluster.namespace);
  // Pods and endpoints are made of what the files have.
  const spaces = new Set([...files].map((key) => key.slice(key.indexOf(' ') + 1).split('/')[0] ?? ''));
  return (of) => files.has(objectKey(of)) || (!cluster.isRead && spaces.has(of.namespace));
}

/** Kinds that describe what is there; a folder that has none of them tells nothing of what is not. */
const described: Readonly<Record<string, readonly string[]>> = {
  Service: ['Service', 'ServiceEntry'],
  Pod: ['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'],
  DestinationRule: ['Service', 'ServiceEntry'],
  Gateway: ['Gateway'],
};

/** A cluster tells all that may be read of it; files only what they show to be their matter: one of a kind in a namespace. */
export function knownFrom(objects: readonly SourceObject[], cluster: ClusterObjects): AnalysisInput['knows'] {
  if (cluster.isRead) return (kind) => !cluster.unread.has(kind);
  const there = new Set(objects.map(({ kind, namespace }) => `${kind} ${namespace}`));
  return (kind, namespace) => (described[kind] ?? [kind]).some((one) => there.has(`${one} ${namespace}`));
}

/** What is wrong with a file itself. */
export function fileFinding({ code, detail, remedy, at = '' }: OutriggerError): Finding {
  const severity = code === 'OR2407' ? 'Warning' : 'Error';
  return { code, severity, origin: { kind: 'File', namespace: '', name: at }, message: detail, remedy };
}

/** What the ConfigMap with Istio's meshConfig says in vain; `at` is `ConfigMap istio-system/istio`. */
export function meshConfigFinding({ code, at }: MeshConfigNote, message: string): Finding {
  const known = code === 'OR2462' ? code : 'OR2463';
  const [kind = '', place = ''] = at.split(' ');
  const [namespace = '', name = ''] = place.split('/');
  const severity = known === 'OR2462' ? 'Error' : 'Warning';
  return { code: known, severity, origin: { kind, namespace, name }, message, remedy: catalogue[known].remedy };
}

/** A kind that may not be listed is no good news: nothing is said of it. By kind. */
export function unreadFindings(unread: ReadonlySet<string>): readonly Finding[] {
  return [...unread].sort().map((kind) => ({
    ...({ code: 'OR2553', severity: 'Warning', origin: { kind, namespace: '', name: '*' } } as const),
    message: `${kind} cannot be listed: nothing is said of it, and of what depends on it`,
    remedy: catalogue.OR2553.remedy,
  }));
}
