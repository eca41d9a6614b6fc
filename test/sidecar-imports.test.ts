import { describe, expect, test } from 'vitest';
import { app } from './gateway-fixture.ts';
import { registryOf, sidecarConfigs, workloadOf } from './mesh-fixture.ts';

/** What a Sidecar imports: services, VirtualServices, and where the rules of those lead. */
const sidecar = (...hosts: readonly string[]) => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec: {egress: [{hosts: ${JSON.stringify(hosts)}}]}
---
`;
const routes = (hosts: string, to: string, namespace = 'default') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${to.split('.')[0]}, namespace: ${namespace}}
spec: {hosts: [${hosts}], http: [{route: [{destination: {host: ${to}, port: {number: 80}}}]}]}
---
`;
const alias = (name: string, target: string) => `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {type: ExternalName, externalName: ${target}.default.svc.cluster.local, ports: [{name: http, port: 80}]}
---
`;
const rule = (name: string, spec: string, namespace = 'shared') => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${namespace}}
spec: {${spec}, subsets: [{name: ${name}, labels: {version: v1}}]}
---
`;
const entry = (host: string, namespace = 'default') => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: entry, namespace: ${namespace}}
spec: {hosts: ["${host}"], ports: [{number: 80, name: http, protocol: HTTP}], resolution: NONE}
---
`;
const base = ['a', 'web', 'back', 'other'].map((name, index) => app(name, `10.0.0.${index + 1}`)).join('');
const full = (name: string) => `${name}.default.svc.cluster.local`;

function viewOf(...yamls: readonly string[]) {
  const { snapshot } = registryOf(base, ...yamls);
  const workload = workloadOf(snapshot, 'default/a-1');
  const { view } = sidecarConfigs().find({ snapshot, workload, delta: true, before: undefined }).parts;
  const hosts = [...view.ports.flatMap(({ virtualHost }) => virtualHost ?? []), ...view.unregistered];
  return {
    services: view.ports.map(({ service }) => service.name),
    clusters: view.ports.flatMap(({ clusters }) => clusters.map(({ name }) => name)),
    unregistered: view.unregistered.map(({ name }) => name),
    /** The cluster of the first route of a host. */
    to: (host: string) => {
      const action = hosts.find(({ name }) => name === `${host}:80`)?.routes[0]?.action;
      return action?.kind === 'forward' ? action.destinations[0]?.cluster : undefined;
    },
  };
}

describe('a Sidecar', () => {
  test('imports where the imported VirtualServices lead, and nothing else', () => {
    const { services, clusters, to } = viewOf(sidecar(`./${full('web')}`), routes('web', 'back'));
    expect(services).toEqual(['back', 'web']);
    expect(clusters).toContain(`outbound|80||${full('back')}`);
    expect(to(full('web'))).toBe(`outbound|80||${full('back')}`);
  });

  test('imports what an imported ExternalName stands for, and a wildcard host that a rule leads to', () => {
    expect(viewOf(sidecar(`./${full('alias')}`), alias('alias', 'chain'), alias('chain', 'back')).clusters).toEqual([
      `outbound|80||${full('back')}`,
    ]);
    const wild = viewOf(sidecar(`./${full('web')}`), routes('web', 'api.example.com'), entry('*.example.com'));
    expect(wild.to(full('web'))).toBe('outbound|80||*.example.com');
    expect(wild.clusters).toContain('outbound|80||*.example.com');
  });

  test('leaves out a VirtualService of a namespace that it does not import', () => {
    const foreign = routes(`${full('web')}, vs.example.com`, full('back'), 'far');
    const left = viewOf(sidecar('./*'), foreign);
    expect(left.to(full('web'))).toBe(`outbound|80||${full('web')}`);
    expect(left.unregistered).toEqual([]);
    const imported = viewOf(sidecar('./*', 'far/vs.example.com'), foreign);
    expect(imported.to(full('web'))).toBe(`outbound|80||${full('back')}`);
    expect(imported.to('vs.example.com')).toBe(`outbound|80||${full('back')}`);
    expect(viewOf(foreign).to(full('web'))).toBe(`outbound|80||${full('back')}`);
  });

  test('leaves out where VirtualServices lead that it does not import', () => {
    const { services } = viewOf(sidecar(`./${full('web')}`), routes('other', 'back'));
    expect(services).toEqual(['web']);
  });

  test('does not make a service visible that is not exported', () => {
    const hidden = entry('api.example.com', 'far').replace('spec: {', 'spec: {exportTo: ["."], ');
    const { services, to } = viewOf(sidecar(`./${full('web')}`), routes('web', 'api.example.com'), hidden);
    expect(services).toEqual(['web']);
    expect(to(full('web'))).toBe('outbound|80||api.example.com');
  });
});

describe('a DestinationRule', () => {
  const hostless = entry('api.example.com', 'shared');
  const subsets = (...yamls: readonly string[]) =>
    viewOf(hostless, ...yamls).clusters.filter((name) => name.endsWith('api.example.com'));
  const wide = rule('wide', 'host: "*.example.com"');
  const own = 'outbound|80||api.example.com';

  test('that is not exported does not hide an exported one for more hosts', () => {
    const exact = rule('exact', 'host: api.example.com, exportTo: ["."]');
    expect(subsets(exact, wide)).toEqual([own, 'outbound|80|wide|api.example.com']);
  });

  test('for the exact host hides one for more hosts, as a narrower wildcard does', () => {
    expect(subsets(rule('exact', 'host: api.example.com'), wide)).toEqual([own, 'outbound|80|exact|api.example.com']);
    expect(subsets(rule('wider', 'host: "*.com"'), wide)).toEqual([own, 'outbound|80|wide|api.example.com']);
    const narrow = rule('wide', 'host: "*.example.com", exportTo: ["."]');
    expect(subsets(rule('wider', 'host: "*.com"'), narrow)).toEqual([own, 'outbound|80|wider|api.example.com']);
  });
});
