import { Value } from 'typebox/value';
import { readTemplateTexts } from '../../src/app/places.ts';
import { buildInjector } from '../../src/inject/build-injector.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../../src/inject/review/settings.ts';
import type { Container, Pod } from '../../src/model/pod.ts';

const settings = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
const injector = buildInjector(settings, readTemplateTexts());

/** A pod as the API server stores it after our webhook: injected by the injector itself, in namespace `shop`. */
export function injectPod(app: {
  readonly container: Partial<Container>;
  readonly others?: readonly Container[];
  readonly annotations?: Record<string, string>;
}): Pod {
  const pod: Pod = {
    metadata: {
      name: 'app-1',
      namespace: 'shop',
      labels: { app: 'app', 'sidecar.istio.io/inject': 'true' },
      annotations: { 'sidecar.istio.io/bootstrapOverride': 'listeners', ...app.annotations },
    },
    spec: {
      serviceAccountName: 'app',
      containers: [{ name: 'app', image: 'test-app', ...app.container }, ...(app.others ?? [])],
    },
  };
  const outcome = injector.inject({ pod, namespace: { name: 'shop', labels: {}, annotations: {} }, nodes: [] });
  if (!outcome.decision.inject) throw new Error(`not injected: ${JSON.stringify(outcome.decision)}`);
  return outcome.pod;
}
