import { randomUUID } from 'node:crypto';
import type { Pod } from '../../model/pod.ts';
import type { DesiredPod } from './desired-pods.ts';
import { objectAt, objectsAt, textAt, textMapAt } from './json-reading.ts';

/** Shell text that the first container runs, whatever its image. */
const commandAnnotation = 'playground.outrigger.dev/command';

/** The pod as the API server would hand it to the webhook, with the defaults that it sets before. */
export function buildPod(desired: DesiredPod, place: { readonly nodeName: string; readonly now: Date }): Pod {
  const { template, name, namespace, owner } = desired;
  const spec = structuredClone(objectAt(template, 'spec'));
  const serviceAccountName = textAt(spec, 'serviceAccountName') || textAt(spec, 'serviceAccount') || 'default';
  const annotations = textMapAt(template, 'metadata', 'annotations');
  const command = annotations[commandAnnotation];
  const [first] = objectsAt(spec, 'containers');
  if (command !== undefined && first !== undefined) Object.assign(first, { command: ['sh', '-c', command], args: [] });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      // As controllers make pods: by it the injector knows that the pod is one of many.
      ...(owner === undefined ? {} : { generateName: `${owner.name}-` }),
      namespace,
      uid: randomUUID(),
      creationTimestamp: place.now.toISOString().replace(/\.\d+Z$/, 'Z'),
      labels: { ...textMapAt(template, 'metadata', 'labels'), ...desired.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...(owner === undefined ? {} : { ownerReferences: [{ ...owner, uid: '' }] }),
    },
    spec: {
      containers: [],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      ...spec,
      serviceAccountName,
      nodeName: textAt(spec, 'nodeName') || place.nodeName,
      ...(desired.subdomain === '' ? {} : { hostname: name, subdomain: desired.subdomain }),
    },
  };
}
