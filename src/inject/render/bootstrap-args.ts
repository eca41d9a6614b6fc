import type { Json } from '../../model/json.ts';

/** What the proxy container is started with, beside its bootstrap. */
export interface EnvoyOptions {
  /** As data, or its JSON text already. */
  readonly bootstrap: Json;
  /** Envoy's levels: trace, debug, info, warning, error, critical, off. */
  readonly logLevel: string;
  /** `component:level,…`; empty for none. */
  readonly componentLogLevel?: string;
  /** Worker threads; 0 takes one for each hardware thread. */
  readonly concurrency?: number;
  /** A file whose content Envoy merges under the bootstrap (`sidecar.istio.io/bootstrapOverride`). */
  readonly overridePath?: string;
}

/** The file of a `bootstrapOverride` ConfigMap, by Istio's names. */
export const overrideFile = '/etc/istio/custom-bootstrap/custom_bootstrap.json';

/**
 * The arguments of the proxy container. Texts of users in the bootstrap are escaped already; levels are escaped by
 * their validation. Draining: responses ask for the end of their connection at once (`immediate`), and what does not
 * end is cut after ten minutes, which a rollout or a switch of the mesh may need for long requests; a pod that
 * terminates ends earlier, by its own hook.
 */
export function envoyArgs(options: EnvoyOptions): string[] {
  return [
    ...(options.overridePath === undefined ? [] : ['-c', options.overridePath]),
    '--config-yaml',
    typeof options.bootstrap === 'string' ? options.bootstrap : JSON.stringify(options.bootstrap),
    '--log-level',
    options.logLevel,
    ...(options.componentLogLevel ? ['--component-log-level', options.componentLogLevel] : []),
    ...(options.concurrency === undefined || options.concurrency === 0
      ? []
      : ['--concurrency', String(options.concurrency)]),
    '--drain-time-s',
    '600',
    '--drain-strategy',
    'immediate',
    '--disable-hot-restart',
  ];
}
