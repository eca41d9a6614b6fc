import { isDeepStrictEqual } from 'node:util';
import { buildInjector, type PatchBootstrap, type TemplateTexts } from '../inject/build-injector.ts';
import type { Injector } from '../inject/injector.ts';
import { type RememberingInjector, rememberInjections } from '../inject/remembering.ts';
import type { InjectionSettings } from '../inject/review/settings.ts';
import type { PodInjector } from '../inject/webhook-types.ts';

/** Bookinfo's productpage takes some 85 KB; see `remembering.ts` for the bound in bytes. */
const rememberedWorkloads = 1000;

/** The injector of the settings of now. What was remembered under others is forgotten. */
export class CurrentInjector {
  readonly #texts: TemplateTexts;
  readonly #patch: PatchBootstrap;
  #settings: InjectionSettings;
  #plain: Injector;
  #remembering: RememberingInjector;

  /** Throws OR12xx, OR13xx, OR14xx. */
  constructor(settings: InjectionSettings, texts: TemplateTexts, patch: PatchBootstrap) {
    this.#patch = patch;
    this.#texts = texts;
    this.#settings = settings;
    this.#plain = buildInjector(settings, texts, this.#patch);
    this.#remembering = rememberInjections(this.#plain, rememberedWorkloads);
  }

  /** Throws as the constructor does; then the one before stays. */
  use(settings: InjectionSettings): void {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.#plain = buildInjector(settings, this.#texts, this.#patch);
    this.#remembering = rememberInjections(this.#plain, rememberedWorkloads);
    this.#settings = settings;
  }

  readonly plain: Injector = { inject: (request, workload) => this.#plain.inject(request, workload) };
  readonly remembering: PodInjector = { inject: (request) => this.#remembering.inject(request) };
}
