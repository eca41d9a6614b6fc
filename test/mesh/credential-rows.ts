import { expect } from 'vitest';
import { until } from '../envoy/condition.ts';
import { selfSigned, type TestCertificate } from '../envoy/test-certificates.ts';
import type { FeatureRow } from './feature-rows.ts';
import { startMutualTls } from './strange-servers.ts';

const address = '10.199.9.8';
const base64 = (text: string) => Buffer.from(text).toString('base64');

const secret = ({ certificate, key }: TestCertificate, ca: TestCertificate) => `
apiVersion: v1
kind: Secret
metadata: {name: outside, namespace: default}
type: kubernetes.io/tls
data: {tls.crt: ${base64(certificate)}, tls.key: ${base64(key)}}
---
apiVersion: v1
kind: Secret
metadata: {name: outside-cacert, namespace: default}
data: {ca.crt: ${base64(ca.certificate)}}
---`;

const declared = (host: string, port: number, names: string) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: secure, namespace: default}
spec:
  hosts: [secure.example.com]
  addresses: [${address}]
  resolution: STATIC
  ports: [{number: ${port}, name: http, protocol: HTTP}]
  endpoints: [{address: ${host}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: secure, namespace: default}
spec:
  host: secure.example.com
  exportTo: ["."]
  workloadSelector: {matchLabels: {app: client}}
  trafficPolicy: {tls: {mode: MUTUAL, credentialName: outside${names}}}
---`;

export const credentialRows: readonly FeatureRow[] = [
  {
    does: 'pods that a rule selects call a server with the certificate of a Secret, others do not',
    check: async (mesh) => {
      const host = mesh.playground.nodeIp;
      const [own, client, stranger] = [selfSigned('secure.example.com'), selfSigned('the-client'), selfSigned('other')];
      const server = await startMutualTls(host, own, client.certificate);
      const statuses = async (pod: string) => {
        const headers = { host: 'secure.example.com' };
        return (await mesh.load(pod, { url: `http://${address}:${server.port}/`, headers })).statuses;
      };
      try {
        // Without a name in the rule, the certificate must have that of the request.
        await mesh.apply('row.yaml', declared(host, server.port, ''));
        await mesh.apply('secret.yaml', secret(client, own));
        await until('the secret is there', async () =>
          (await statuses('default/client'))[200] === 1 ? true : undefined,
        );
        expect(new Set(server.seen)).toEqual(new Set(['the-client']));
        expect(await statuses('default/server-near')).toEqual({ 503: 1 });
        expect(await mesh.admin('default/server-near', '/config_dump?resource=dynamic_active_secrets')).not.toContain(
          'outside',
        );
        await mesh.apply('row.yaml', declared(host, server.port, ', sni: other.example.com, subjectAltNames: [other]'));
        await until('another name is refused', async () =>
          (await statuses('default/client'))[503] === 1 ? true : undefined,
        );
        await mesh.apply(
          'row.yaml',
          declared(host, server.port, ', sni: x.example.com, subjectAltNames: [secure.example.com]'),
        );
        await until('the name is taken', async () =>
          (await statuses('default/client'))[200] === 1 ? true : undefined,
        );
        // A server of another CA is not believed: connections that are there stay, new ones fail.
        await mesh.apply('secret.yaml', secret(client, stranger));
        await until('the server is refused', async () =>
          (await statuses('default/client'))[503] === 1 ? true : undefined,
        );
      } finally {
        await mesh.remove('row.yaml');
        await mesh.remove('secret.yaml');
        await server.stop();
      }
    },
  },
];
