import Value from 'typebox/value';
import { readTemplateTexts } from '../src/app/places.ts';
import { buildInjector } from '../src/inject/build-injector.ts';
import { type InjectionSettings, InjectionSettingsSchema } from '../src/inject/review/settings.ts';
import type { Pod } from '../src/model/pod.ts';

/** The injector at its defaults, and pods of a namespace that takes part in the mesh. */
export const texts = readTemplateTexts();
export const settings = Value.Default(InjectionSettingsSchema, {}) as InjectionSettings;
export const injector = buildInjector(settings, texts);
export const namespace = { name: 'shop', labels: { 'istio-injection': 'enabled' }, annotations: {} };

export function inject(pod: Pod, over: { labels?: Record<string, string>; annotations?: Record<string, string> } = {}) {
  return injector.inject({ pod, namespace: { ...namespace, ...over }, nodes: [] });
}

export function podOf(annotations: Record<string, string> = {}, more: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', labels: { app: 'p' }, annotations },
    spec: { containers: [{ name: 'app', image: 'a' }], ...more },
  };
}
