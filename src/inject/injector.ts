import { buildRules } from '../interception/build-rules.ts';
import type { CaptureRules, CaptureSettings } from '../interception/settings.ts';
import { Lru } from '../model/lru.ts';
import type { Pod } from '../model/pod.ts';
import { decide } from './decision/decide.ts';
import type { Decision } from './decision/reason.ts';
import { diffPods } from './patch/diff.ts';
import { type Finished, finish, type RenderArgs } from './patch/finish.ts';
import { recordOriginal } from './patch/original.ts';
import { overlay } from './patch/overlay.ts';
import { podSecurityWarnings } from './patch/pod-security.ts';
import { type AddedNames, originalKey, overridesKey, statusKey, writeOverrides, writeStatus } from './patch/record.ts';
import { namesOf, userContainers, userPod, withoutForgedRecords } from './patch/user-pod.ts';
import { bootstrapFacts } from './render/bootstrap-facts.ts';
import type { BootstrapInput } from './render/bootstrap-input.ts';
import { buildContext } from './render/context.ts';
import { readOptions } from './render/options.ts';
import type { TemplatePod } from './render/template-pod.ts';
import { renderTemplate, type Templates } from './render/templates.ts';
import { gatherFacts, type InjectRequest } from './review/request.ts';
import type { InjectionSettings } from './review/settings.ts';
import { findWorkload, type Workload } from './review/workload.ts';

/** The admission flow: facts, decision, options, templates, overlay, finish, and one comparison at the end. */
export interface InjectOutcome {
  readonly decision: Decision;
  /** RFC 6902 as text, from the pod as it came; '' when it stays as it is. */
  readonly patchJson: string;
  readonly pod: Pod;
  readonly warnings: readonly string[];
  readonly rules: CaptureRules | undefined;
  readonly bootstrap: BootstrapInput | undefined;
}

export interface InjectorOptions {
  readonly settings: InjectionSettings;
  readonly templates: Templates;
  readonly renderArgs: RenderArgs;
  readonly sdsAnnotations: Readonly<Record<string, string>>;
}

export interface Injector {
  /**
   * @param workload what the pod belongs to, where the caller knows better than the pod (a Deployment's template)
   * @throws OutriggerError for a pod that has to be refused
   */
  inject(request: InjectRequest, workload?: Workload): InjectOutcome;
}

export function createInjector(options: InjectorOptions): Injector {
  const rules = new Lru<CaptureRules>(100);
  const renderRules = (capture: CaptureSettings) => rules.remember(JSON.stringify(capture), () => buildRules(capture));
  return {
    inject(request, workload) {
      const decision = decide(gatherFacts(request, options.settings));
      const untouched = { decision, patchJson: '', pod: request.pod, rules: undefined, bootstrap: undefined };
      if (!decision.inject) return { ...untouched, warnings: decision.warnings };
      const injected = render(request, workload ?? findWorkload(request.pod), { ...options, renderRules });
      const patchJson = diffPods(request.pod, injected.pod);
      return { ...injected, decision, patchJson, warnings: [...decision.warnings, ...injected.warnings] };
    },
  };
}

/** Most pods of a mesh share their rules: those are remembered. */
interface Stages extends InjectorOptions {
  readonly renderRules: (capture: CaptureSettings) => CaptureRules;
}

type Injected = Omit<Finished, 'warnings'> & { readonly warnings: readonly string[] };

function render(request: InjectRequest, workload: Workload, { settings, sdsAnnotations, ...stages }: Stages): Injected {
  const { options, warnings } = readOptions(request, settings);
  const pod = withoutForgedRecords(request.pod);
  const user = userPod(pod);
  const context = buildContext({ request, userPod: user, workload, options, settings });
  const templates = options.templates.map((name) => renderTemplate(stages.templates, name, context));
  const added = names(templates);
  const laid = overlay(pod, templates, userContainers(pod, [...added.initContainers, ...added.containers]));
  const finished = finish(laid.pod, {
    request,
    options,
    settings,
    userArgs: laid.userArgs,
    renderRules: stages.renderRules,
    renderArgs: stages.renderArgs,
    bootstrap: bootstrapFacts(
      { request, userPod: user, workload, options, settings },
      options.templates.includes('gateway'),
    ),
  });
  const annotations: Record<string, string> = { ...finished.pod.metadata.annotations };
  if (finished.bootstrap !== undefined) Object.assign(annotations, sdsAnnotations);
  annotations[statusKey] = writeStatus({
    ...added,
    revision: settings.revision === '' ? 'default' : settings.revision,
  });
  const overrides = writeOverrides(laid.overrides);
  if (overrides !== undefined) annotations[overridesKey] = overrides;
  const final: Pod = { ...finished.pod, metadata: { ...finished.pod.metadata, annotations } };
  annotations[originalKey] = recordOriginal(pod, final, added);
  return {
    ...finished,
    pod: final,
    warnings: [...warnings, ...laid.warnings, ...finished.warnings, ...podSecurityWarnings(final, request.namespace)],
  };
}

/** What the templates rendered, by name and in their order: it is what an injection adds. */
function names(templates: readonly TemplatePod[]): AddedNames {
  const distinct = (lists: readonly string[][]) => [...new Set(lists.flat())];
  return {
    initContainers: distinct(templates.map((template) => namesOf(template.initContainers))),
    containers: distinct(templates.map((template) => namesOf(template.containers))),
    volumes: distinct(templates.map((template) => namesOf(template.volumes))),
    imagePullSecrets: distinct(templates.map((template) => namesOf(template.imagePullSecrets))),
  };
}
