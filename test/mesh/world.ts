/** Manifests of the meshes of the tests: our sample app in whatever roles a test asks for. */
export interface AppOptions {
  readonly namespace?: string;
  readonly versions?: readonly string[];
  readonly serviceAccount?: string;
  readonly role?: string;
  /** Number, name and protocol of the app (`http`, `h2c`, `grpc`, `tcp`, `tcp-first`) of each port. */
  readonly ports?: readonly AppPort[];
  readonly headless?: boolean;
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The app stays so long after its end has begun, as apps do that must not lose a request. */
  readonly lingerSeconds?: number;
  /** Further ones of the pods of a version. */
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface AppPort {
  readonly port: number;
  readonly name: string;
  readonly speaks: string;
  /** Where the app listens; the port itself without it. Apps are not root: below 1024 they cannot. */
  readonly target?: number;
}

const webPort: AppPort = { port: 9080, name: 'http', speaks: 'http' };

const targetOf = ({ port, target = port }: AppPort) => target;

/** A Service, a ServiceAccount, and a Deployment for each version. */
export function app(name: string, options: AppOptions = {}): string {
  const { namespace = 'default', versions = ['v1'], ports = [webPort], serviceAccount = name, replicas = 1 } = options;
  const list = ports
    .map((entry) => `{name: ${entry.name}, port: ${entry.port}, targetPort: ${targetOf(entry)}}`)
    .join(', ');
  const service = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${serviceAccount}, namespace: ${namespace}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {${options.headless === true ? 'clusterIP: None, ' : ''}selector: {app: ${name}}, ports: [${list}]}
---`;
  return `${service}${versions.map((version) => deployment(name, version, { ...options, namespace, ports, serviceAccount, replicas })).join('')}`;
}

type Full = Required<Pick<AppOptions, 'namespace' | 'ports' | 'serviceAccount' | 'replicas'>> & AppOptions;

function deployment(name: string, version: string, options: Full): string {
  const { namespace, ports, serviceAccount, replicas, role = name, env = {}, annotations = {} } = options;
  const labels = { app: name, version, ...options.labels?.[version] };
  const listen = ports.map((entry) => `${entry.speaks}:${targetOf(entry)}`).join(',');
  const all = { ROLE: role, SERVICE_VERSION: version, LISTEN: listen, ...env };
  const list = Object.entries(all).map(([key, value]) => `{name: ${key}, value: ${JSON.stringify(value)}}`);
  const web = ports.find(({ speaks }) => speaks === 'http');
  const { lingerSeconds } = options;
  const hook =
    lingerSeconds === undefined ? '' : `lifecycle: {preStop: {exec: {command: [sleep, "${lingerSeconds}"]}}}`;
  const probe =
    web === undefined ? '' : `readinessProbe: {httpGet: {path: /health, port: ${targetOf(web)}}, periodSeconds: 1}`;
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}-${version}, namespace: ${namespace}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}, version: ${version}}}
  template:
    metadata: {labels: ${JSON.stringify(labels)}, annotations: ${JSON.stringify(annotations)}}
    spec:
      serviceAccountName: ${serviceAccount}
      containers:
        - name: ${name}
          image: outrigger/sample-app
          env: [${list.join(', ')}]
          ${probe}
          ${hook}
---`;
}

export function namespace(name: string, injected: 'meshed' | 'plain'): string {
  const label = injected === 'meshed' ? 'enabled' : 'disabled';
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}, labels: {istio-injection: ${label}}}
---`;
}

/** The subsets that a VirtualService of a tutorial counts on. */
export function subsets(host: string, versions: readonly string[], where = 'default'): string {
  const list = versions.map((version) => `{name: ${version}, labels: {version: ${version}}}`).join(', ');
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${host}-subsets, namespace: ${where}}
spec: {host: ${host}, subsets: [${list}]}
---`;
}

/** A gateway as our template makes it, with ports 80 and 443. */
export const gatewayPod = (name: string) => `
apiVersion: v1
kind: ServiceAccount
metadata: {name: istio-${name}, namespace: default}
---
apiVersion: v1
kind: Service
metadata: {name: istio-${name}, namespace: default, labels: {istio: ${name}}}
spec:
  type: ${name === 'ingressgateway' ? 'LoadBalancer' : 'ClusterIP'}
  selector: {istio: ${name}}
  ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: istio-${name}, namespace: default}
spec:
  selector: {matchLabels: {istio: ${name}}}
  template:
    metadata:
      labels: {istio: ${name}, sidecar.istio.io/inject: "true"}
      annotations: {inject.istio.io/templates: gateway}
    spec:
      serviceAccountName: istio-${name}
      containers: [{name: istio-proxy, image: auto}]
---`;
