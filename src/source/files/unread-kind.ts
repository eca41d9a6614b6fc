import { OutriggerError } from '../../errors.ts';
import { nearest } from '../../model/nearest.ts';
import { kinds } from '../../schema/kinds.ts';
import { validate } from '../../schema/validate.ts';
import { kubernetesKinds, scopeOf } from '../known-kinds.ts';
import type { FileObject } from './parse-objects.ts';

/** Kinds of Istio that are right and do nothing here. */
const notBuilt: ReadonlySet<string> = new Set([
  'extensions.istio.io WasmPlugin',
  'extensions.istio.io TrafficExtension',
  'install.istio.io IstioOperator',
]);

/** Groups of other dialects, some of whose kinds are read. */
const partlyRead: readonly string[] = [
  ...['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io', 'split.smi-spec.io', 'specs.smi-spec.io'],
  ...['access.smi-spec.io', 'linkerd.io', 'policy.linkerd.io'],
];

/** Kinds of groups that are read in part, which are right and of no concern to a mesh. */
const ofNoConcern: ReadonlySet<string> = new Set(
  [
    ['Binding', 'ComponentStatus', 'Endpoints', 'Event', 'LimitRange', 'PersistentVolume', 'PersistentVolumeClaim'],
    ['PodTemplate', 'ReplicationController', 'ResourceQuota', 'ControllerRevision', 'CronJob'],
  ].flat(),
);

/**
 * OR2407 or OR1640 for an object that nothing reads though its author counts on it: of Istio's groups, of the Gateway
 * API, or nearly of a kind that is read. Other kinds lie in such folders rightly.
 */
export function unreadKind(item: FileObject): OutriggerError | undefined {
  const { apiVersion, kind } = item;
  if (scopeOf(apiVersion, kind) !== undefined) return undefined;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  if (partlyRead.includes(group) || notBuilt.has(`${group} ${kind}`)) {
    return new OutriggerError('OR2407', `${kind} has no effect yet`, { at: item.at('kind') });
  }
  if (group.endsWith('.istio.io') || isNearlyIstio(group, kind)) return unknownOfIstio(item);
  return unknownOfKubernetes(item, group);
}

function isNearlyIstio(group: string, kind: string): boolean {
  const groups = new Set(kinds.map((known) => known.group));
  const known: readonly string[] = kinds.map((definition) => definition.kind);
  if (known.includes(kind) && kind !== 'Gateway') return nearest(group, [...groups]) !== undefined;
  return nearest(group, [...groups]) !== undefined && !group.endsWith('k8s.io') && nearest(kind, known) !== undefined;
}

function unknownOfIstio(item: FileObject): OutriggerError {
  const { apiVersion, kind } = item;
  const problem = validate({ apiVersion, kind, metadata: { name: 'any' } }).problems.find(
    ({ code }) => code === 'OR1640',
  );
  const detail = problem?.message ?? `the kind ${JSON.stringify(kind)} is not known`;
  return new OutriggerError('OR1640', detail, { at: item.at(problem?.path ?? 'kind') });
}

/** `apps/v1beta1 Deployment`, `v1 Servce`. */
function unknownOfKubernetes(item: FileObject, group: string): OutriggerError | undefined {
  const { apiVersion, kind } = item;
  const known = [...kubernetesKinds.keys()].map((text) => {
    const [version = '', name = ''] = text.split(' ');
    return { version, name, group: version.includes('/') ? version.slice(0, version.indexOf('/')) : '' };
  });
  const ofGroup = known.filter((other) => other.group === group);
  const exact = ofGroup.find(({ name }) => name === kind);
  if (exact !== undefined) {
    const detail = `${JSON.stringify(apiVersion)} has no ${kind}; it is in ${exact.version}`;
    return new OutriggerError('OR1640', detail, { at: item.at('apiVersion') });
  }
  const names = ofGroup.map(({ name }) => name);
  const near = ofNoConcern.has(kind) ? undefined : nearest(kind, names);
  if (near === undefined) return undefined;
  const detail = `the kind ${JSON.stringify(kind)} is not known; did you mean ${near}?`;
  return new OutriggerError('OR1640', detail, { at: item.at('kind') });
}
