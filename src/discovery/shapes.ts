import type { OutboundViews } from '../ir/build/outbound-views.ts';
import { buildTelemetry, type TelemetryProblem } from '../ir/build/telemetry.ts';
import type { ProxyShape } from '../ir/types/proxy.ts';
import type { OutboundView } from '../ir/types/view.ts';
import type { MeshSettings } from '../model/mesh-settings.ts';
import { Remembered } from '../model/remembered.ts';
import type { Workload } from '../model/workload.ts';
import { tapsFor } from '../policy/telemetry/taps.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { Interned } from './interned.ts';
import { proxyShape } from './proxy-shape.ts';

export interface ShapesOptions {
  readonly settings: MeshSettings;
  readonly views: OutboundViews;
  /** Told of providers that cannot be told; again whenever a workload's telemetry is built anew. */
  readonly onTelemetryProblem?: (problem: TelemetryProblem) => void;
}

/** The shapes of proxies: what they are, and what they tell of requests. One object for all that are equal. */
export class Shapes {
  readonly #options: ShapesOptions;
  readonly #tracers: boolean;
  readonly #of = new Remembered<Workload, ProxyShape>(1);
  readonly #shapes = new Interned<ProxyShape>();

  constructor(options: ShapesOptions) {
    this.#options = options;
    const { extensionProviders } = options.settings;
    this.#tracers = extensionProviders.some(({ zipkin, opentelemetry }) => (zipkin ?? opentelemetry) !== undefined);
  }

  find(snapshot: Snapshot, workload: Workload): ProxyShape {
    const { telemetries: configs, taps } = snapshot;
    const { settings, onTelemetryProblem } = this.#options;
    const view = this.#collectors(snapshot, workload);
    return this.#of.get(workload, [configs, view, taps], () => {
      const { telemetry, problems } = buildTelemetry({ configs, workload, settings, view });
      for (const problem of problems) onTelemetryProblem?.(problem);
      return this.#shapes.same(proxyShape(workload, settings, telemetry, tapsFor(taps, workload)));
    });
  }

  /** A Sidecar resource is for what the app calls: whom the proxy tells, it does not hide. */
  #collectors(snapshot: Snapshot, { namespace, labels }: Workload): OutboundView | undefined {
    const { views, settings } = this.#options;
    const named = snapshot.telemetries.length > 0 || settings.defaultProviders.tracing.length > 0;
    return this.#tracers && named ? views.forGateway(snapshot, namespace, labels).view : undefined;
  }
}
