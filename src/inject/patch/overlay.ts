import type { JsonObject } from '../../model/json.ts';
import type { Container, Pod } from '../../model/pod.ts';
import type { TemplatePod } from '../render/template-pod.ts';
import type { Overrides } from './record.ts';
import { mergeObjects } from './strategic-merge.ts';

export interface Overlay {
  readonly pod: Pod;
  /** What of the user's own proxy containers overrides the template, as it is recorded. */
  readonly overrides: Overrides;
  /** Arguments that the user's istio-proxy brings. */
  readonly userArgs: readonly string[] | undefined;
  readonly warnings: readonly string[];
}

/** Lays the rendered templates over the pod, then what the user's own containers of those names say over that. */
export function overlay(pod: Pod, templates: readonly TemplatePod[], user: Overrides): Overlay {
  const initNames = templates.flatMap((template) => template.initContainers.map((container) => container.name));
  const mainNames = templates.flatMap((template) => template.containers.map((container) => container.name));
  let merged = relocate(pod, { initNames, mainNames });
  for (const template of templates)
    merged = mergeObjects(merged as unknown as JsonObject, template.raw) as unknown as Pod;
  const warnings: string[] = [];
  const cleaned = [...user.initContainers, ...user.containers].map((container) => cleanOverride(container, warnings));
  const effective = new Map(cleaned.map((container) => [container.name, container]));
  return {
    pod: effective.size === 0 ? merged : applyOverrides(merged, effective),
    overrides: {
      containers: cleaned.filter((container) => mainNames.includes(container.name)),
      initContainers: cleaned.filter((container) => initNames.includes(container.name)),
    },
    userArgs: effective.get('istio-proxy')?.args,
    warnings,
  };
}

interface Placement {
  readonly initNames: readonly string[];
  readonly mainNames: readonly string[];
}

/** A container that the template has in the other list moves there: a name may stand only once in a pod. */
function relocate(pod: Pod, { initNames, mainNames }: Placement): Pod {
  const { containers } = pod.spec;
  const initContainers = pod.spec.initContainers ?? [];
  const toInit = containers.filter((container) => initNames.includes(container.name));
  const toMain = initContainers.filter((container) => mainNames.includes(container.name));
  if (toInit.length === 0 && toMain.length === 0) return pod;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: [...containers.filter((container) => !toInit.includes(container)), ...toMain.map(asMain)],
      initContainers: [...initContainers.filter((container) => !toMain.includes(container)), ...toInit.map(asInit)],
    },
  };
}

function asMain(container: Container): Container {
  const { restartPolicy: _gone, ...rest } = container;
  return rest;
}

function asInit(container: Container): Container {
  return container;
}

function applyOverrides(pod: Pod, overrides: ReadonlyMap<string, Container>): Pod {
  const apply = (container: Container): Container => {
    const override = overrides.get(container.name);
    return override === undefined
      ? container
      : (mergeObjects(container as unknown as JsonObject, override as unknown as JsonObject) as unknown as Container);
  };
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: pod.spec.containers.map(apply),
      ...(pod.spec.initContainers ? { initContainers: pod.spec.initContainers.map(apply) } : {}),
    },
  };
}

/** Images that start Istio's agent, which cannot run here, wherever they are mirrored. */
const agentImage = /(^|\/)(proxyv2|pilot|proxy_init)([:@]|$)/;

/**
 * `image: auto` asks for the template's image. An Istio image would start an agent that finds no Istio, and
 * its arguments would stop Envoy: both give way to the template's, with a warning.
 */
function cleanOverride(container: Container, warnings: string[]): Container {
  let cleaned = container;
  const { image, args } = container;
  if (image === 'auto' || image === '') cleaned = omit(cleaned, 'image');
  else if (image !== undefined && agentImage.test(image)) {
    warnings.push(
      `Container ${container.name}: its image ${image} is Istio's and would start Istio's agent; the image of Outrigger takes its place.`,
    );
    cleaned = omit(cleaned, 'image');
  }
  if (container.name === 'istio-proxy' && args?.[0] === 'proxy') {
    warnings.push(
      `Container ${container.name}: its args are of Istio's agent and are left out: Envoy runs without an agent.`,
    );
    cleaned = omit(cleaned, 'args');
  }
  return cleaned;
}

function omit(container: Container, field: string): Container {
  const { [field]: _gone, ...rest } = container;
  return rest as Container;
}
