import { fieldOf } from '../../model/origin.ts';
import { isTypeOf } from '../../model/proxy-image.ts';
import { fieldAt, objectsAt, textAt, textMapAt } from '../../registry/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { type AnalysisInput, subjectObjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { type Finding, finding } from '../finding.ts';

const inject = 'sidecar.istio.io/inject';

/** Pods as they are, and as they would be made now. One of each owner is told of. */
export const injectedPods: Analyzer = {
  name: 'pod.injection',
  description: 'Pods without the proxy that they should have, or with another one than is injected now',
  codes: ['OR3080', 'OR3081'],
  atAdmission: false,
  *analyze(input) {
    const told = new Set<string>();
    for (const pod of subjectObjects(input, '', 'Pod').filter(isRunning)) {
      const found = faultOf(pod, input);
      const key = `${found?.code} ${pod.namespace} ${ownerOf(pod)}`;
      if (found === undefined || told.has(key)) continue;
      told.add(key);
      yield found;
    }
  },
};

/** Why a pod has to be made anew; undefined where it has not. */
export function faultOf(pod: SourceObject, input: AnalysisInput): Finding | undefined {
  const proxy = containersOf(pod).find(({ name }) => name === 'istio-proxy');
  if (proxy === undefined) {
    const why = input.wouldInject(pod);
    if (why === undefined) return undefined;
    return finding('OR3080', { origin: pod.origin, message: `it has no proxy, and would be given one now: ${why}` });
  }
  const image = textAt(proxy, 'image');
  const record = textAt(pod.object, 'metadata', 'annotations', 'sidecar.istio.io/status');
  if (record === '') return undefined;
  const now = input.revisionNow?.(pod);
  const revision = revisionIn(record);
  if (now !== undefined && revision !== '' && revision !== now.revision)
    return finding('OR3081', {
      origin: pod.origin,
      message: `its proxy is of revision ${revision}, and ${now.revision} injects it now`,
    });
  const injected = now === undefined || now.image === '' ? input.proxyImage : now.image;
  const type = textAt(pod.object, 'metadata', 'annotations', 'sidecar.istio.io/proxyImageType');
  if (injected === '' || isTypeOf(injected, image, type)) return undefined;
  const given = textAt(pod.object, 'metadata', 'annotations', 'sidecar.istio.io/proxyImage');
  if (given !== '') return undefined;
  return finding('OR3081', {
    origin: pod.origin,
    message: `its proxy is ${image}, and ${injected} is injected now`,
  });
}

/** Of what injection has recorded, which may be anything: who writes a pod can write that, too. */
function revisionIn(record: string): string {
  try {
    return textAt(JSON.parse(record), 'revision');
  } catch {
    return '';
  }
}

const containersOf = ({ object }: SourceObject) => [
  ...objectsAt(object, 'spec', 'containers'),
  ...objectsAt(object, 'spec', 'initContainers'),
];

export function isRunning({ object }: SourceObject): boolean {
  const phase = textAt(object, 'status', 'phase');
  return phase !== 'Succeeded' && phase !== 'Failed' && fieldAt(object, 'metadata', 'deletionTimestamp') === undefined;
}

function ownerOf({ object, name }: SourceObject): string {
  const [owner] = objectsAt(object, 'metadata', 'ownerReferences');
  return owner === undefined ? name : `${textAt(owner, 'kind')} ${textAt(owner, 'name')}`;
}

/** Two labels of one namespace, or a label and an annotation of one pod, that say different things. */
export const injectionLabels: Analyzer = {
  name: 'injection.labels',
  description: 'Labels and annotations of injection that contradict each other',
  codes: ['OR3082'],
  atAdmission: false,
  *analyze(input) {
    for (const { object, origin } of subjectObjects(input, '', 'Namespace')) {
      const labels = textMapAt(object, 'metadata', 'labels');
      const [given, revision] = [labels['istio-injection'], labels['istio.io/rev']];
      if (given === undefined || revision === undefined) continue;
      yield finding('OR3082', {
        origin: fieldOf(origin, 'metadata.labels'),
        message: `istio-injection: ${given} and istio.io/rev: ${revision} are both there; the first decides`,
      });
    }
    for (const { object, origin } of subjectObjects(input, '', 'Pod')) {
      const label = textMapAt(object, 'metadata', 'labels')[inject];
      const annotation = textMapAt(object, 'metadata', 'annotations')[inject];
      if (label === undefined || annotation === undefined || label === annotation) continue;
      yield finding('OR3082', {
        origin: fieldOf(origin, 'metadata'),
        message: `${inject} is ${label} as a label and ${annotation} as an annotation; the label decides`,
      });
    }
  },
};
