/** Of a server for the one Envoy of a test. */
export const wireLimits = {
  ...{ messageBytes: 1 << 20, streamsPerConnection: 10, keepaliveMs: 10_000, keepaliveTimeoutMs: 10_000 },
  ...{ handshakeMs: 5000, handshakesAtOnce: 4 },
};
