import { admissionDoubts } from '../src/analysis/admission-doubts.ts';
import { analyze } from '../src/analysis/analyze.ts';
import type { Json } from '../src/model/json.ts';
import { defaultMeshSettings } from '../src/model/mesh-settings.ts';
import { Registry } from '../src/registry/registry.ts';
import type { SourceObject } from '../src/source/object-source.ts';
import { decodeValidation } from '../src/validation/decode-request.ts';
import { judgeResource } from '../src/validation/judge-resource.ts';
import { type Row, timed } from './table.ts';

const services = 1000;
const perService = 2;

/** A review of the validating webhook, and a whole analysis, in a mesh of 1,000 services with a rule of each kind. */
export function benchValidate(): Row[] {
  const objects = Array.from({ length: services }, (_, index) => objectsOf(index)).flat();
  const registry = new Registry({ domainSuffix: 'cluster.local' });
  registry.apply({ upserts: objects, removals: [] });
  const { snapshot } = registry;
  const settings = defaultMeshSettings;
  const doubts = admissionDoubts({
    ...{ snapshot: () => snapshot, settings, now: () => performance.now(), budgetMs: 1e9 },
  });
  const rows = objects
    .filter(({ name, apiVersion }) => name === 's500' && apiVersion.includes('istio'))
    .map(({ kind, namespace, object }): Row => {
      const request = { uid: 'u', namespace, operation: 'CREATE', object };
      const text = JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
      const micros = timed(50, () => judgeResource(decodeValidation(text), doubts));
      return { what: `${kind}, ${services} services`, measured: `${(micros / 1000).toFixed(1)} ms`, floor: '≤ 100 ms' };
    });
  const world = {
    snapshot,
    settings,
    problems: [],
    objects,
    proxyImage: '',
    systemNamespace: 'outrigger-system',
    showsRequests: true,
  };
  const whole = () => analyze({ ...world, knows: () => true, judged: () => true, wouldInject: () => undefined });
  const all = `${(timed(5, whole) / 1000).toFixed(0)} ms`;
  return [...rows, { what: `analysis of all, ${services * perService} pods`, measured: all, floor: '' }];
}

function objectsOf(index: number): SourceObject[] {
  const name = `s${index}`;
  const namespace = `ns${index % 50}`;
  const labels = { app: name, version: 'v1' };
  const selector = { matchLabels: { app: name } };
  const make = (apiVersion: string, kind: string, called: string, content: Record<string, Json>): SourceObject => {
    const place = { kind, namespace, name: called };
    const object = { apiVersion, kind, metadata: { name: called, namespace, labels }, ...content };
    return { apiVersion, ...place, object, origin: place };
  };
  const rule = (group: string, kind: string, spec: Record<string, Json>) =>
    make(`${group}.istio.io/v1`, kind, name, { spec });
  const ports = [{ name: 'http', containerPort: 8080 }];
  const containers: Json[] = [{ name: 'app', ports }, { name: 'istio-proxy' }];
  const pods = Array.from({ length: perService }, (_, pod) => {
    const podIP = `10.${2 + pod}.${index >> 8}.${index & 255}`;
    return make('v1', 'Pod', `${name}-${pod}`, { spec: { containers }, status: { phase: 'Running', podIP } });
  });
  const service = { selector: { app: name }, clusterIP: `10.1.${index >> 8}.${index & 255}` };
  const subsets = [{ name: 'v1', labels: { version: 'v1' } }];
  return [
    ...pods,
    make('v1', 'Service', name, { spec: { ...service, ports: [{ name: 'http', port: 80, targetPort: 8080 }] } }),
    rule('networking', 'VirtualService', {
      ...{ hosts: [name], http: [{ route: [{ destination: { host: name, subset: 'v1' } }] }] },
    }),
    rule('networking', 'DestinationRule', {
      host: name,
      trafficPolicy: { loadBalancer: { simple: 'RANDOM' } },
      subsets,
    }),
    rule('security', 'AuthorizationPolicy', { selector, rules: [{ to: [{ operation: { methods: ['GET'] } }] }] }),
    rule('security', 'PeerAuthentication', { selector, mtls: { mode: 'STRICT' } }),
  ];
}
