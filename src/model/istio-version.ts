/** The version of Istio whose API this is: what `match.proxy.proxyVersion` of an EnvoyFilter is compared with. */
export const istioVersion = '1.31.0';
