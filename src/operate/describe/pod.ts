import type { JsonObject } from '../../model/json.ts';
import type { Workload } from '../../model/workload.ts';
import { hasLabels } from '../../policy/client.ts';
import { sidecarOf } from '../../policy/sidecar/select.ts';
import { unimplementedIn } from '../../policy/unimplemented.ts';
import { fieldAt, objectsAt, textAt, textMapAt } from '../../registry/json-fields.ts';
import type { SourceObject } from '../../source/object-source.ts';
import { type Block, type Description, shortOrigin } from './block.ts';
import { describeFurther } from './further.ts';
import { describeSecurity, type SecurityInputs } from './security.ts';
import { blocksOf, describeService } from './service.ts';

/** What the webhook would decide of the pod now, and the sentence of the check that decided. */
export interface InjectionDecision {
  readonly inject: boolean;
  readonly message: string;
}

export interface PodInputs extends SecurityInputs {
  readonly objects: readonly SourceObject[];
  readonly decision: InjectionDecision | undefined;
}

export function describePod(inputs: PodInputs, workload: Workload): Description {
  const { snapshot, objects } = inputs;
  const pod =
    objects.find(({ kind, namespace, name }) => kind === 'Pod' && `${namespace}/${name}` === workload.id)?.object ?? {};
  const services = snapshot.services
    .filter(({ namespace, selector }) => namespace === workload.namespace && selector !== undefined)
    .filter(({ selector = {} }) => Object.keys(selector).length > 0 && hasLabels(workload.labels, selector))
    .map((service) => describeService(inputs, service));
  const injection = injectionOf(workload, pod, inputs.decision);
  const sidecar = sidecarOf(snapshot.sidecars, workload, inputs.settings.rootNamespaces);
  const first: Block = {
    title: `Pod ${workload.name}.${workload.namespace}`,
    lines: [
      `Workload: ${workload.workloadName}, service account ${workload.serviceAccount}`,
      ...injection.lines,
      ...portsOf(pod),
      ...(services.length === 0 ? ['Services: none selects it'] : []),
      ...(sidecar === undefined ? [] : [`${shortOrigin(sidecar.origin)} says which hosts it knows`]),
    ],
  };
  const further = describeFurther(inputs, workload);
  const held = further === undefined ? [] : [further];
  const blocks = [first, describeSecurity(inputs, workload), ...held, ...blocksOf(services)];
  const warnings = [...injection.warnings, ...services.flatMap((service) => service.warnings)];
  return { blocks, warnings: [...warnings, ...fieldWarnings(blocks, objects)] };
}

function injectionOf({ meshed }: Workload, pod: JsonObject, decision: InjectionDecision | undefined) {
  const why = decision === undefined ? '' : `: ${decision.message}`;
  if (meshed) {
    const revision = revisionOf(pod);
    const changed = decision?.inject === false;
    return {
      lines: [`Injection: injected by revision ${revision}${changed ? '' : why}`],
      warnings: changed ? [`the pod is injected, and would not be any more once it is created anew${why}`] : [],
    };
  }
  if (decision?.inject !== true) return { lines: [`Injection: none${why}`], warnings: [] };
  return {
    lines: [`Injection: none, though it would be injected now${why}`],
    warnings: [
      'the pod was created before its namespace or it was labelled, or while the webhook was away: restart it',
    ],
  };
}

function revisionOf(pod: JsonObject): string {
  const annotations = textMapAt(pod, 'metadata', 'annotations');
  return annotations['istio.io/rev'] || textMapAt(pod, 'metadata', 'labels')['istio.io/rev'] || 'default';
}

function portsOf(pod: JsonObject): string[] {
  const ports = objectsAt(pod, 'spec', 'containers').flatMap((container) =>
    objectsAt(container, 'ports').map(
      (port) => `${String(fieldAt(port, 'containerPort') ?? '')} (${textAt(container, 'name')})`,
    ),
  );
  return ports.length === 0 ? [] : [`Ports: ${ports.join(', ')}`];
}

/** Fields without effect of the resources that were named. */
export function fieldWarnings(blocks: readonly Block[], objects: readonly SourceObject[]): string[] {
  const text = `${blocks.flatMap(({ lines }) => lines).join('\n')}\n`;
  return objects
    .filter(({ kind, namespace, name }) =>
      new RegExp(`\\b${kind} ${namespace}/${RegExp.escape(name)}[:,\\s]`).test(text),
    )
    .flatMap(({ kind, origin, object }) =>
      unimplementedIn({ kind, spec: object.spec }).map(
        ({ code, path, message }) => `${code} ${shortOrigin(origin)} ${path}: ${message}`,
      ),
    );
}
