import { X509Certificate } from 'node:crypto';
import { OutriggerError } from '../errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { nearest } from '../model/nearest.ts';

/** All that decides what is installed. Same options, same objects. */
export interface ManifestOptions {
  /** PEM certificate that signs the webhook's serving certificate; the caBundle. */
  readonly caPem: string;
  readonly namespace: string;
  readonly revision: string;
  /** Revision tags that point to this revision. */
  readonly tags: readonly string[];
  readonly image: string;
  readonly proxyImage: string;
  readonly replicas: number;
  readonly namespacesByDefault: boolean;
  /** How long the API server waits for the webhook. */
  readonly timeoutSeconds: number;
  /**
   * Secret with `tls.crt` and `tls.key` of cert-manager or an own PKI. Empty: the control plane signs its own
   * certificate with the root in the Secret `rootSecretName`.
   */
  readonly servingSecret: string;
  /** Address of a control plane outside the cluster, in place of the Service. */
  readonly webhookUrl: string;
  readonly gateways: GatewayOptions;
  /** Istio's, for the ConfigMap that the control plane follows; empty makes none. */
  readonly meshConfig: JsonObject;
  /** Of the server's configuration, by path; not checked here. */
  readonly settings: Readonly<Record<string, Json>>;
}

export interface GatewayOptions {
  readonly namespace: string;
  readonly ingress: boolean;
  readonly egress: boolean;
  /** One to five replicas by load; else one. */
  readonly autoscale: boolean;
  /** Requests. */
  readonly cpu: string;
  readonly memory: string;
  /** Of the ingress gateway's Service. */
  readonly serviceType: string;
}

/** The name is fixed: it is what the control plane looks for. */
export const rootSecretName = 'outrigger-webhook-root';

export const defaultManifestOptions: Omit<ManifestOptions, 'caPem'> = {
  namespace: 'outrigger-system',
  revision: 'default',
  tags: [],
  image: 'outrigger/outrigger:0.1.0',
  proxyImage: 'outrigger/proxy:0.1.0',
  replicas: 2,
  namespacesByDefault: false,
  timeoutSeconds: 5,
  servingSecret: '',
  webhookUrl: '',
  gateways: {
    namespace: 'istio-system',
    ingress: false,
    egress: false,
    autoscale: true,
    cpu: '100m',
    memory: '128Mi',
    serviceType: 'LoadBalancer',
  },
  meshConfig: {},
  settings: {},
};

export type Draft = { -readonly [Key in keyof ManifestOptions]?: ManifestOptions[Key] };

/** What a value looks like, for the program and for people. */
interface Form {
  readonly pattern: RegExp;
  readonly words: string;
}

const quantity: Form = {
  words: 'a quantity, like 100m, 0.5 or 128Mi',
  pattern: /^[0-9]+(\.[0-9]+)?(m|k|M|G|Ki|Mi|Gi)?$/,
};
const label: Form = {
  words: 'a name of a-z, 0-9 and -, at most 63 of them, like outrigger-system',
  pattern: /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
};
const revisionName: Form = {
  words: 'a name of a-z, 0-9 and -, at most 42 of them, like canary',
  pattern: /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/,
};
const image: Form = { words: 'an image without spaces, like registry.example/outrigger:0.1.0', pattern: /^[^\s]+$/ };
const secretName: Form = {
  words: 'the name of a Secret, like outrigger-serving',
  pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
};
const httpsUrl: Form = {
  words: 'https://host or https://host:port without a path, like https://mesh.example:15017',
  pattern: /^https:\/\/[^\s/?#]+$/,
};
const serviceType: Form = {
  words: 'LoadBalancer, NodePort or ClusterIP',
  pattern: /^(LoadBalancer|NodePort|ClusterIP)$/,
};

export interface SetKey {
  readonly name: string;
  readonly description: string;
  /** Throws OR1703. */
  apply(draft: Draft, value: string, read: (path: string) => string): void;
}

/** What `--set KEY=VALUE` takes, in the order of the help. */
export const setKeys: readonly SetKey[] = [
  {
    name: 'ca.crt',
    description:
      'file with the PEM certificate of the authority of the webhook (without it that of the cluster, else a new one)',
    apply: (draft, value, read) => {
      draft.caPem = checkedCertificate(read(value), value);
    },
  },
  text('namespace', 'where the control plane runs', 'namespace', label),
  text('revision', 'name of this revision', 'revision', revisionName),
  {
    name: 'revisionTags',
    description: 'tags of this revision, separated by commas',
    apply: (draft, value) => {
      const tags = value.replace(/^\{|\}$/g, '').split(',');
      draft.tags = tags.map((tag) => checkedName('revisionTags', tag.trim())).filter((tag) => tag !== '');
    },
  },
  text('image', 'image of the control plane', 'image', image),
  text('proxyImage', 'image of the injected containers', 'proxyImage', image),
  number('replicas', 'replicas of the control plane', 'replicas', { from: 0, to: 20 }),
  {
    name: 'enableNamespacesByDefault',
    description: 'true injects also in namespaces without any label',
    apply: (draft, value) => {
      draft.namespacesByDefault = trueOrFalse('enableNamespacesByDefault', value);
    },
  },
  number('timeoutSeconds', 'how long the API server waits for the webhook', 'timeoutSeconds', { from: 1, to: 30 }),
  text(
    'servingSecret',
    'Secret with tls.crt and tls.key (cert-manager, own PKI) in place of the root',
    'servingSecret',
    secretName,
  ),
  text('webhookUrl', 'https URL of a control plane outside the cluster', 'webhookUrl', httpsUrl),
  gateway('ingress', 'true installs the ingress gateway'),
  gateway('egress', 'true installs the egress gateway'),
  gateway('autoscale', 'true scales gateways by load, one to five replicas'),
  gateway('namespace', 'where the gateways run', label),
  gateway('cpu', 'CPU that a gateway requests', quantity),
  gateway('memory', 'memory that a gateway requests', quantity),
  gateway('serviceType', 'of the ingress gateway', serviceType),
];

/** `KEY=VALUE` pairs over the defaults. `read` gives the text of a file. Throws OR1701, OR1702, OR1703. */
export function parseManifestOptions(pairs: readonly string[], read: (path: string) => string): ManifestOptions {
  const draft: Draft = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = at === -1 ? pair : pair.slice(0, at);
    const key = setKeys.find((one) => one.name === name);
    if (key === undefined)
      throw unknownName(
        name,
        setKeys.map((one) => one.name),
      );
    if (at === -1) throw bad(name, '', 'KEY=VALUE');
    key.apply(draft, pair.slice(at + 1), read);
  }
  return complete(draft);
}

/** Throws OR1701. */
export function complete({ caPem, ...others }: Draft): ManifestOptions {
  if (caPem === undefined) throw new OutriggerError('OR1701', 'the caBundle of the webhook would be empty');
  return { ...defaultManifestOptions, ...others, caPem };
}

/** OR1702, with the nearest that is one. */
export function unknownName(name: string, known: readonly string[]): OutriggerError {
  const near = nearest(name, known);
  return new OutriggerError('OR1702', `"${name}" is not known${near === undefined ? '' : `; did you mean "${near}"?`}`);
}

/** Only the certificates of the file, so that a key beside them never gets into a manifest. */
function checkedCertificate(content: string, path: string): string {
  const blocks = content.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new OutriggerError('OR1704', 'it holds no PEM certificate', { at: path });
  for (const block of blocks) {
    if (!isAuthority(block, path))
      throw new OutriggerError('OR1704', 'its certificate is not that of a CA', { at: path });
  }
  return `${blocks.join('\n')}\n`;
}

function isAuthority(pem: string, path: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch (cause) {
    throw new OutriggerError('OR1704', 'its certificate cannot be parsed', { at: path, cause });
  }
}

type TextKey = {
  [Key in keyof ManifestOptions]: ManifestOptions[Key] extends string ? Key : never;
}[keyof ManifestOptions];

function text(name: string, description: string, field: TextKey, form: Form): SetKey {
  const apply = (draft: Draft, value: string) => {
    if (!form.pattern.test(value)) throw bad(name, value, form.words);
    draft[field] = value;
  };
  return { name, description, apply };
}

function number(
  name: string,
  description: string,
  field: 'replicas' | 'timeoutSeconds',
  range: { from: number; to: number },
): SetKey {
  const apply = (draft: Draft, value: string) => {
    const parsed = Number(value);
    const fits = Number.isInteger(parsed) && value.trim() !== '' && parsed >= range.from && parsed <= range.to;
    if (!fits) throw bad(name, value, `a whole number from ${range.from} to ${range.to}`);
    draft[field] = parsed;
  };
  return { name, description, apply };
}

/** `true` or `false` without a form, else a text of that form. */
function gateway(field: keyof GatewayOptions, description: string, form?: Form): SetKey {
  const name = `gateways.${field}`;
  const apply = (draft: Draft, value: string) => {
    if (form !== undefined && !form.pattern.test(value)) throw bad(name, value, form.words);
    const before = draft.gateways ?? defaultManifestOptions.gateways;
    draft.gateways = { ...before, [field]: form === undefined ? trueOrFalse(name, value) : value };
  };
  return { name, description, apply };
}

function trueOrFalse(key: string, value: string): boolean {
  if (value !== 'true' && value !== 'false') throw bad(key, value, '"true" or "false"');
  return value === 'true';
}

function checkedName(key: string, value: string): string {
  if (value !== '' && !/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(value))
    throw bad(key, value, 'a name like "canary"');
  return value;
}

export function bad(key: string, value: string, wanted: string): OutriggerError {
  return new OutriggerError('OR1703', `${key}: "${value}" should be ${wanted}`);
}
