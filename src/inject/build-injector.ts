import { OutriggerError } from '../errors.ts';
import type { JsonObject } from '../model/json.ts';
import { createInjector, type Injector } from './injector.ts';
import type { NewProxy } from './patch/finish.ts';
import { compileBootstrapText } from './render/bootstrap.ts';
import { envoyArgs, overrideFile } from './render/bootstrap-args.ts';
import type { BootstrapInput } from './render/bootstrap-input.ts';
import { sdsRootFile, sdsTokenFile } from './render/bootstrap-sds.ts';
import { concurrency } from './render/concurrency.ts';
import { decodeProxyConfig } from './render/proxy-config.ts';
import { buildTemplates, parseTemplate } from './render/templates.ts';
import { sdsRootAnnotation, sdsTokenAnnotation } from './render/volumes.ts';
import type { InjectionSettings } from './review/settings.ts';

/** The text of each file of `templates/`. */
export interface TemplateTexts {
  readonly sidecar: string;
  readonly gateway: string;
  readonly bootstrap: string;
}

/** What the EnvoyFilters of the request make of a bootstrap, as JSON text, and what is left out of them. */
export type PatchBootstrap = (
  bootstrap: string,
  input: BootstrapInput,
  proxy: NewProxy,
) => { readonly bootstrap: string; readonly warnings: readonly string[] };

/**
 * An injector of the built-in templates and those of the settings, tried on a small pod: a bad setting or
 * template is an error here and not at the first pod.
 *
 * @throws OutriggerError OR12xx, OR13xx, OR14xx
 */
export function buildInjector(
  settings: InjectionSettings,
  texts: TemplateTexts,
  patch: PatchBootstrap = (bootstrap) => ({ bootstrap, warnings: [] }),
): Injector {
  const renderBootstrap = compileBootstrapText(parseTemplate('bootstrap', texts.bootstrap));
  const injector = createInjector({
    settings,
    templates: buildTemplates({ sidecar: texts.sidecar, gateway: texts.gateway }, settings.templates),
    sdsAnnotations: { [sdsTokenAnnotation]: sdsTokenFile, [sdsRootAnnotation]: sdsRootFile },
    renderArgs: (input, options, proxy) => {
      const { bootstrap, warnings } = patch(renderBootstrap(input), input, proxy);
      const args = envoyArgs({
        bootstrap,
        logLevel: options.logLevel,
        componentLogLevel: options.componentLogLevel,
        concurrency: concurrency(options),
        ...(options.bootstrapOverride === undefined ? {} : { overridePath: overrideFile }),
      });
      return { args, warnings };
    },
  });
  tryOut(injector, settings);
  return injector;
}

function tryOut(injector: Injector, settings: InjectionSettings): void {
  checkDefaultConfig(settings);
  const namespace = { name: 'try-out', labels: {}, annotations: {} };
  for (const template of [undefined, ...Object.keys(settings.templates)]) {
    const annotations: Record<string, string> = template === undefined ? {} : { 'inject.istio.io/templates': template };
    const labels = { 'sidecar.istio.io/inject': 'true' };
    const pod = {
      metadata: { name: 'try-out', labels, annotations },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    };
    injector.inject({ pod, namespace, nodes: [] });
  }
}

/** Its mistakes are the configuration's, not a pod's. */
function checkDefaultConfig(settings: InjectionSettings): void {
  try {
    decodeProxyConfig(settings.mesh.defaultConfig as JsonObject);
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error;
    throw new OutriggerError(error.code, error.detail, { at: 'injection.mesh.defaultConfig', cause: error });
  }
}
