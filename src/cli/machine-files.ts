import { probingKey } from '../model/auto-registration.ts';
import { isObject, type Json, type JsonObject } from '../model/json.ts';
import type { Container, Pod } from '../model/pod.ts';
import { expandVariables } from '../playground/pod-runner/expand-variables.ts';

export interface MachineInput {
  /** As injection leaves a pod of the machine's name, namespace, labels and service account. */
  readonly pod: Pod;
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ip: string;
  /** Where the files will be on the machine. */
  readonly folder: string;
  /** Where the control plane is reached, when that is not its name in the cluster. */
  readonly controlPlane: { readonly host: string; readonly port: number } | undefined;
  /** It registers itself as one of this WorkloadGroup; undefined where its entry is applied. */
  readonly group: string | undefined;
  readonly token: string;
  readonly rootsPem: string;
  /** The script of the proxy image. */
  readonly script: string;
}

/** A file for the machine; the mode where others may not read it or it is run. */
export interface MachineFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * What a machine needs to run a stock Envoy as part of the mesh: the same bootstrap and capture rules as a pod, with the
 * names of files and variables resolved, since no kubelet does that there.
 */
export function machineFiles(input: MachineInput): MachineFile[] {
  const proxy = containerOf(input.pod, 'istio-proxy');
  const rules = variablesOf(containerOf(input.pod, 'istio-init'));
  // Where a pod has them for the downward API: the files that make Envoy read token and root again.
  const annotations = input.pod.metadata.annotations ?? {};
  const inPlace = (of: 'token' | 'root') => {
    const file = JSON.parse(annotations[`proxy.outrigger.io/sds-${of}`] ?? '{}') as Json;
    return `${JSON.stringify(eachText(file, (text) => placed(text, input.folder)))}\n`;
  };
  return [
    { name: 'envoy.json', text: `${JSON.stringify(bootstrapOf(proxy, input), null, 2)}\n`, mode: 0o644 },
    { name: 'root-cert.pem', text: input.rootsPem, mode: 0o644 },
    { name: 'istio-token', text: input.token, mode: 0o600 },
    { name: 'sds-token.yaml', text: inPlace('token'), mode: 0o644 },
    { name: 'sds-root.yaml', text: inPlace('root'), mode: 0o644 },
    { name: 'outrigger-proxy.sh', text: input.script, mode: 0o755 },
    { name: 'capture.sh', text: captureScript(rules, input.folder), mode: 0o755 },
    { name: 'start.sh', text: startScript(proxy, input.folder), mode: 0o755 },
    { name: 'outrigger-proxy.service', text: unit(input), mode: 0o644 },
  ];
}

function containerOf({ spec }: Pod, name: string): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find((container) => container.name === name);
}

/** The user as which the proxy runs: the rules leave its own traffic alone. */
const proxyUser = 1337;

/** Where a pod has the files, and the machine: all in one folder. */
function placed(text: string, folder: string): string {
  if (inPods.some((path) => text === path.slice(0, -1))) return folder;
  // A function: the name of the folder may have `$&` in it.
  return inPods.reduce((rest, path) => rest.replaceAll(path, () => `${folder}/`), text);
}

const inPods = ['/var/run/secrets/tokens/', '/var/run/secrets/istio/', '/etc/istio/pod/'];

/** Texts are replaced in the value, not in its JSON: a quote in them stays one. */
function eachText(value: Json, replace: (text: string) => string): Json {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => eachText(item, replace));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [replace(key), eachText(item, replace)]));
}

function bootstrapOf(proxy: Container | undefined, input: MachineInput): Json {
  const args = argumentsOf(proxy);
  const text = args[args.indexOf('--config-yaml') + 1] ?? '{}';
  const variables = {
    POD_NAME: input.name,
    POD_NAMESPACE: input.namespace,
    SERVICE_ACCOUNT: input.serviceAccount,
    INSTANCE_IP: input.ip,
    HOST_IP: input.ip,
  };
  const inPlace = (part: string) => placed(expandVariables(part, variables), input.folder);
  const bootstrap = inGroup(eachText(JSON.parse(text) as Json, inPlace), input.group);
  return input.controlPlane === undefined ? bootstrap : reachedAt(bootstrap, input.controlPlane);
}

/** What Istio's agent says of a machine that is to have an entry. */
function inGroup(bootstrap: Json, group: string | undefined): Json {
  if (group === undefined || !isObject(bootstrap) || !isObject(bootstrap['node'])) return bootstrap;
  const { metadata = {}, ...node } = bootstrap['node'];
  const said = { ...(isObject(metadata) ? metadata : {}), AUTO_REGISTER_GROUP: group, [probingKey]: 'true' };
  return { ...bootstrap, node: { ...node, metadata: said }, ...probing(bootstrap['dynamic_resources']) };
}

/** The control plane says by HDS what the probe of the group asks of the app (docs/decisions/0351). */
function probing(resources: Json | undefined): JsonObject {
  const ads = isObject(resources) ? resources['ads_config'] : undefined;
  if (!isObject(ads)) return {};
  const { grpc_services = [], transport_api_version = 'V3' } = ads;
  return { hds_config: { api_type: 'GRPC', transport_api_version, grpc_services } };
}

/** The name in TLS stays: the certificate of the port is for the name in the cluster. */
function reachedAt(bootstrap: Json, { host, port }: { host: string; port: number }): Json {
  const resources = isObject(bootstrap) ? bootstrap['static_resources'] : undefined;
  if (!isObject(bootstrap) || !isObject(resources) || !Array.isArray(resources['clusters'])) return bootstrap;
  const address = { socket_address: { address: host, port_value: port } };
  const clusters = resources['clusters'].map((cluster) => {
    if (!isObject(cluster) || cluster['name'] !== 'xds') return cluster;
    const load_assignment = { cluster_name: 'xds', endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
    return { ...cluster, load_assignment };
  });
  return { ...bootstrap, static_resources: { ...resources, clusters } };
}

function argumentsOf(container: Container | undefined): string[] {
  const args = container?.['args'];
  return Array.isArray(args) ? args.map(String) : [];
}

function variablesOf(container: Container | undefined): Record<string, string> {
  const env = container?.['env'];
  const list = (Array.isArray(env) ? env : []) as JsonObject[];
  return Object.fromEntries(list.map(({ name, value }) => [String(name), String(value ?? '')]));
}

/** The rules in the words of the script of the proxy image; and the token becomes the proxy's own file. */
function captureScript(rules: Readonly<Record<string, string>>, folder: string): string {
  const names = ['OUTRIGGER_IPTABLES_V4', 'OUTRIGGER_IPTABLES_V6', 'OUTRIGGER_ROUTES'];
  const lines = names.flatMap((name) => (rules[name] === undefined ? [] : [`export ${name}=${quoted(rules[name])}`]));
  const own = `chown ${proxyUser}:${proxyUser} ${quoted(`${folder}/istio-token`)}`;
  const init = `exec bash ${quoted(`${folder}/outrigger-proxy.sh`)} init`;
  return [
    '#!/bin/sh',
    '# Leads connections of this machine to the proxy and back; run as root. Run again it changes nothing.',
    'set -e',
    own,
    ...(lines.length === 0 ? ['# Nothing is captured: apps name the proxy themselves.'] : [...lines, init]),
    '',
  ].join('\n');
}

/** Arguments as in a pod, but for the bootstrap, which is a file. */
function startScript(proxy: Container | undefined, folder: string): string {
  const args = argumentsOf(proxy);
  const at = args.indexOf('--config-yaml');
  const others = args.filter((_, index) => index !== at && index !== at + 1);
  const words = ['-c', `${folder}/envoy.json`, ...others].map(quoted).join(' ');
  return `#!/bin/sh\n# The proxy, as user ${proxyUser}: the capture rules know it by that.\nexec "\${ENVOY:-envoy}" ${words}\n`;
}

function unit({ name, namespace, folder }: MachineInput): string {
  return `[Unit]
Description=Proxy of ${name}.${namespace} in the mesh
Wants=network-online.target
After=network-online.target

[Service]
User=${proxyUser}
Group=${proxyUser}
ExecStartPre=+/bin/sh ${unitArgument(`${folder}/capture.sh`)}
ExecStart=/bin/sh ${unitArgument(`${folder}/start.sh`)}
Restart=always
RestartSec=2
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
`;
}

/** Of a command line in a unit, which is quoted as in C and knows `%n` and `$NAME`. systemd takes no quotes in the name of a program. */
function unitArgument(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
}

function quoted(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
