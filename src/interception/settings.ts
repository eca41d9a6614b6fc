/** What to capture in a pod's network namespace; already validated. Semantics: those of `istio-iptables`. */
export interface CaptureSettings {
  readonly mode: 'REDIRECT' | 'TPROXY';
  /** Envoy's port for captured outbound traffic (15001). */
  readonly outboundPort: number;
  /** Envoy's port for captured inbound traffic (15006). */
  readonly inboundPort: number;
  readonly proxyUids: readonly number[];
  readonly proxyGids: readonly number[];
  readonly includeInboundPorts: '*' | readonly number[];
  /** Read only when `includeInboundPorts` is `*`. */
  readonly excludeInboundPorts: readonly number[];
  readonly includeOutboundCidrs: '*' | readonly string[];
  readonly excludeOutboundCidrs: readonly string[];
  readonly includeOutboundPorts: readonly number[];
  readonly excludeOutboundPorts: readonly number[];
  readonly excludeInterfaces: readonly string[];
  /** Interfaces whose inbound traffic counts as outbound (virtual machines inside the pod). */
  readonly rerouteInterfaces: readonly string[];
  /** Queries of the pod go to the proxy, whomever they are for. */
  readonly dns: boolean;
  readonly dropInvalid: boolean;
}

/**
 * What the init container applies. `v4` and `v6` are `iptables-restore --noflush` texts; `routes` are
 * `ip` argument lists (without the `ip` itself, family flag included).
 */
export interface CaptureRules {
  readonly v4: string;
  readonly v6: string;
  readonly routes: readonly string[];
}
