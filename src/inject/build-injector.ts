import { createInjector, type Injector } from './injector.ts';
import { compileBootstrapText } from './render/bootstrap.ts';
import { envoyArgs, overrideFile } from './render/bootstrap-args.ts';
import { sdsRootFile, sdsTokenFile } from './render/bootstrap-sds.ts';
import { concurrency } from './render/concurrency.ts';
import { buildTemplates, parseTemplate } from './render/templates.ts';
import { sdsRootAnnotation, sdsTokenAnnotation } from './render/volumes.ts';
import type { InjectionSettings } from './review/settings.ts';

/** The text of each file of `templates/`. */
export interface TemplateTexts {
  readonly sidecar: string;
  readonly gateway: string;
  readonly bootstrap: string;
}

/** An injector of the built-in templates and those of the settings. @throws OutriggerError OR1302 */
export function buildInjector(settings: InjectionSettings, texts: TemplateTexts): Injector {
  const renderBootstrap = compileBootstrapText(parseTemplate('bootstrap', texts.bootstrap));
  return createInjector({
    settings,
    templates: buildTemplates({ sidecar: texts.sidecar, gateway: texts.gateway }, settings.templates),
    sdsAnnotations: { [sdsTokenAnnotation]: sdsTokenFile, [sdsRootAnnotation]: sdsRootFile },
    renderArgs: (input, options) =>
      envoyArgs({
        bootstrap: renderBootstrap(input),
        logLevel: options.logLevel,
        componentLogLevel: options.componentLogLevel,
        concurrency: concurrency(options),
        ...(options.bootstrapOverride === undefined ? {} : { overridePath: overrideFile }),
      }),
  });
}
