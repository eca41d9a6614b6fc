import { describe, expect, test } from 'vitest';
import { portsOfView } from '../src/ir/types/view.ts';
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
    clusters: [...portsOfView(view).flatMap(({ clusters }) => clusters), ...view.further].map(({ name }) => name),
    bound: view.bound.map(({ address, port, listens, entries }) => {
      return [address, port, listens, ...entries.map(({ service }) => service.name)];
    }),
    view,
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
    expect(services).toEqual(['web']);
    expect(clusters).toEqual([`outbound|80||${full('web')}`, `outbound|80||${full('back')}`]);
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

  test('of what a rule leads to, imports the ports that it names', () => {
    const two = `${app('two', '10.0.0.9').replace('ports: [', 'ports: [{name: tcp-other, port: 90}, ')}`;
    const of = (to: string) =>
      viewOf(two, sidecar(`./${full('web')}`), to)
        .clusters.filter((name) => name.includes('two'))
        .sort();
    expect(of(routes('web', 'two'))).toEqual([`outbound|80||${full('two')}`]);
    const any = routes('web', 'two').replace(', port: {number: 80}', '');
    expect(of(any)).toEqual([`outbound|80||${full('two')}`, `outbound|90||${full('two')}`]);
    expect(of(routes('web', 'two').replace('number: 80', 'number: 91'))).toEqual([]);
  });

  test('takes a service in by its own name, or by a wildcard that is as wide', () => {
    const wide = entry('*.example.com');
    expect(viewOf(sidecar('./api.example.com'), wide).services).toEqual([]);
    expect(viewOf(sidecar('./*.api.example.com'), wide).services).toEqual([]);
    expect(viewOf(sidecar('./*.example.com'), wide).services).toEqual(['entry']);
    expect(viewOf(sidecar('./*.com'), wide).services).toEqual(['entry']);
    // Rules are taken in both ways.
    const rules = routes('"*.example.com"', full('back'));
    expect(viewOf(sidecar('./api.example.com', `./${full('web')}`), rules).unregistered).toEqual(['*.example.com:80']);
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

describe('egress listeners', () => {
  const two = (name: string, ip: string) =>
    app(name, ip).replace('ports: [', 'ports: [{name: tcp-other, port: 90, targetPort: 90}, ');
  const scoped = (egress: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec: {egress: ${egress}${more}}
---
`;
  const both = [two('one', '10.0.0.8'), two('two', '10.0.0.9')];
  const calls = ({ view }: ReturnType<typeof viewOf>) =>
    view.ports.map(({ service, port }) => `${service.name}:${port}`);

  test('a port is of the listener that names it, every other of the one without', () => {
    const egress = `[{port: {number: 90, protocol: TCP}, hosts: ["./${full('one')}"]}, {hosts: ["./${full('two')}"]}]`;
    const seen = viewOf(...both, scoped(egress));
    expect(calls(seen)).toEqual(['one:90', 'two:80']);
    // What is called nowhere is there for rules all the same.
    expect(seen.clusters).toContain(`outbound|90||${full('two')}`);
    expect(seen.clusters).not.toContain(`outbound|80||${full('one')}`);
  });

  test('a VirtualService holds for the listeners that import it', () => {
    const egress = `[{port: {number: 80, protocol: HTTP}, hosts: ["./${full('one')}"]}, {hosts: ["far/*"]}]`;
    const foreign = routes(full('one'), full('back'), 'far');
    expect(viewOf(...both, scoped(egress), foreign).to(full('one'))).toBe(`outbound|80||${full('one')}`);
    const all = `[{port: {number: 80, protocol: HTTP}, hosts: ["./*"]}]`;
    const own = routes(full('one'), full('back'));
    expect(viewOf(...both, scoped(all), own).to(full('one'))).toBe(`outbound|80||${full('back')}`);
  });

  test('an address takes the place of those of the services', () => {
    const egress = `[{port: {number: 90, protocol: TCP}, bind: 192.0.2.1, hosts: ["./${full('one')}"]}, {captureMode: NONE, hosts: ["./${full('two')}"]}]`;
    const { bound, services } = viewOf(...both, scoped(egress));
    expect(services).toEqual([]);
    expect(bound).toEqual([
      ['192.0.2.1', 90, false, 'one'],
      ['127.0.0.1', 80, true, 'two'],
    ]);
  });

  test('the protocol of the listener is that of its port', () => {
    const egress = `[{port: {number: 90, protocol: HTTP}, hosts: ["./${full('one')}"]}]`;
    const [port] = viewOf(...both, scoped(egress)).view.ports;
    expect([port?.protocol, port?.virtualHost?.name, port?.tcp]).toEqual(['http', `${full('one')}:90`, undefined]);
    expect(port?.clusters[0]?.upstream).toBe('tcp');
  });

  test('a proxy for unknown hosts is imported for that', () => {
    const more = ', outboundTrafficPolicy: {mode: ALLOW_ANY, egressProxy: {host: two, port: {number: 90}}}';
    const { view, clusters } = viewOf(...both, scoped('[{hosts: ["~/*"]}]', more));
    expect(view.egressProxy).toBe(`outbound|90||${full('two')}`);
    expect(clusters).toEqual([`outbound|90||${full('two')}`]);
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
