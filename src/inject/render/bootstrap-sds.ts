/**
 * Two files that the proxy watches: they name the projected token and the root certificate, and make Envoy read them
 * again when the kubelet replaces them. Constant; the injector puts them into pod annotations, and the downward API
 * makes them /etc/istio/pod/sds-token.yaml and sds-root.yaml (`volumes.ts`, and the paths in the template). JSON is YAML.
 */

const secret = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';

export const sdsTokenFile: string = JSON.stringify({
  resources: [
    {
      '@type': secret,
      name: 'token',
      generic_secret: {
        secret: {
          filename: '/var/run/secrets/tokens/istio-token',
          watched_directory: { path: '/var/run/secrets/tokens' },
        },
      },
    },
  ],
});

export const sdsRootFile: string = JSON.stringify({
  resources: [
    {
      '@type': secret,
      name: 'root',
      validation_context: {
        trusted_ca: { filename: '/var/run/secrets/istio/root-cert.pem' },
        watched_directory: { path: '/var/run/secrets/istio' },
      },
    },
  ],
});
