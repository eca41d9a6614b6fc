import { expect, test } from 'vitest';
import { defaultConfig } from '../app/config.ts';
import { readTemplateTexts } from '../app/places.ts';
import { buildInjector } from '../inject/build-injector.ts';
import { injectObject } from '../inject/object-injection.ts';
import type { JsonObject } from '../model/json.ts';
import type { Pod } from '../model/pod.ts';
import { type MachineInput, machineFiles } from './machine-files.ts';

function filesOf(annotations: Record<string, string> = {}, more: Partial<MachineInput> = {}): Map<string, string> {
  const object: JsonObject = {
    ...{
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'one', namespace: 'shop', labels: { app: 'a' }, annotations },
    },
    spec: { serviceAccountName: 'ledger', containers: [{ name: 'app', image: 'app' }] },
  };
  const pod = injectObject(object, {
    injector: buildInjector(defaultConfig().injection, readTemplateTexts()),
    nodes: [],
    namespaceOf: (name = '') => ({ name, labels: { 'istio-injection': 'enabled' }, annotations: {} }),
  }).after as unknown as Pod;
  const files = machineFiles({
    ...{ pod, name: 'one', namespace: 'shop', serviceAccount: 'ledger', ip: '10.9.0.1', folder: "/opt/it's here" },
    ...{ controlPlane: undefined, group: undefined, token: 'TOKEN', rootsPem: 'ROOTS', script: 'SCRIPT' },
    ...more,
  });
  return new Map(files.map(({ name, text }) => [name, text]));
}

test('the bootstrap has nothing left that only a kubelet would fill in or lay down', () => {
  const files = filesOf();
  for (const name of ['envoy.json', 'sds-token.yaml', 'sds-root.yaml']) {
    const text = files.get(name) ?? '';
    expect(() => JSON.parse(text)).not.toThrow();
    for (const foreign of ['$(', '/var/run/secrets', '/etc/istio']) expect(text).not.toContain(foreign);
  }
  const { node } = JSON.parse(files.get('envoy.json') ?? '{}');
  expect(node.id).toBe('sidecar~10.9.0.1~one.shop~shop.svc.cluster.local');
  expect(node.metadata).toMatchObject({ NAME: 'one', NAMESPACE: 'shop', SERVICE_ACCOUNT: 'ledger' });
  expect(JSON.parse(files.get('sds-token.yaml') ?? '')).toMatchObject({
    resources: [
      {
        generic_secret: {
          secret: { filename: "/opt/it's here/istio-token", watched_directory: { path: "/opt/it's here" } },
        },
      },
    ],
  });
});

test('the control plane is reached at another address, and known by its name all the same', () => {
  const text = filesOf({}, { controlPlane: { host: '192.0.2.7', port: 15443 } }).get('envoy.json') ?? '';
  const [xds] = JSON.parse(text).static_resources.clusters;
  expect(JSON.stringify(xds.load_assignment)).toContain('"address":"192.0.2.7","port_value":15443');
  expect(xds.transport_socket.typed_config.sni).toBe('outrigger.outrigger-system.svc');
});

test('rules as a pod has them, and the proxy as the user that they leave alone', () => {
  const files = filesOf();
  expect(files.get('capture.sh')).toContain('ISTIO_REDIRECT');
  expect(files.get('capture.sh')).toContain("chown 1337:1337 '/opt/it'\\''s here/istio-token'");
  expect(files.get('outrigger-proxy.service')).toContain('User=1337');
  expect(files.get('start.sh')).toContain("-c '/opt/it'\\''s here/envoy.json'");
  expect(files.get('start.sh')).not.toContain('--config-yaml');
});

test('where nothing is to be captured there are no rules', () => {
  const capture = filesOf({ 'sidecar.istio.io/interceptionMode': 'NONE' }).get('capture.sh');
  expect(capture).toContain('Nothing is captured');
  expect(capture).not.toContain('iptables');
});

test.each(['/opt/a "b" \\ c', '/opt/50%n $HOME'])(
  'a folder %s is what the bootstrap and the files beside it name',
  (folder) => {
    const files = filesOf({}, { folder });
    const [{ generic_secret: secret }] = JSON.parse(files.get('sds-token.yaml') ?? '').resources;
    expect(secret.secret).toMatchObject({ filename: `${folder}/istio-token`, watched_directory: { path: folder } });
    const names: string[] = [];
    JSON.parse(files.get('envoy.json') ?? '', (_, value) => {
      if (typeof value === 'string' && value.includes(folder)) names.push(value);
      return value;
    });
    expect(names).toContain(`${folder}/sds-token.yaml`);
  },
);

test('a folder of any name makes a unit that systemd reads as it is meant', () => {
  const unit = filesOf({}, { folder: '/opt/a "b" \\ 50%n $HOME' }).get('outrigger-proxy.service');
  expect(unit).toContain(String.raw`ExecStartPre=+/bin/sh "/opt/a \"b\" \\ 50%%n $$HOME/capture.sh"`);
  expect(unit).toContain(String.raw`ExecStart=/bin/sh "/opt/a \"b\" \\ 50%%n $$HOME/start.sh"`);
});
