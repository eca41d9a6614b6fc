/**
 * The catalogue of coded errors. A code is never reused and never changes its meaning; `docs/errors.md`
 * is generated from it (`npm run docs`) and a test keeps the two equal.
 *
 * Ranges: 10xx configuration, 11xx requests, 12xx annotations and pods, 13xx templates and patch,
 * 14xx traffic capture, 15xx certificates, 16xx sources, 17xx cluster, 18xx command line, 19xx internal.
 */
export interface CatalogueEntry {
  /** HTTP status when the error answers a request of ours. */
  readonly status: number;
  readonly title: string;
  /** What the reader does about it. */
  readonly remedy: string;
}

export const catalogue = {
  OR1001: {
    status: 400,
    title: 'Unknown configuration key',
    remedy: 'Use the key named in the message; `outrigger serve --help` lists all.',
  },
  OR1002: {
    status: 400,
    title: 'Bad configuration value',
    remedy: 'Give the value the form that the message names.',
  },
  OR1003: {
    status: 400,
    title: 'Configuration file cannot be read',
    remedy: 'Check that the file named in the message exists, is readable and is YAML or JSON.',
  },
  OR1004: {
    status: 500,
    title: 'Port is in use',
    remedy: 'Stop the program that listens there, or choose another port with `--port` (0 takes any free one).',
  },
  OR1005: {
    status: 500,
    title: 'Cannot listen on this address',
    remedy:
      'Use an address of this machine with `--host`, and a port that this user may open (above 1023 without root).',
  },
  OR1006: {
    status: 500,
    title: 'State folder cannot be used',
    remedy: 'Make the folder writable for this user, or choose another one with `--state-dir`.',
  },
  OR1101: {
    status: 415,
    title: 'Content type is not supported',
    remedy: 'Send the header `content-type: application/json`.',
  },
  OR1102: {
    status: 400,
    title: 'Request body is empty',
    remedy: 'Send the AdmissionReview as the body of the request.',
  },
  OR1103: {
    status: 400,
    title: 'Request body is not JSON',
    remedy: 'Send the AdmissionReview as JSON, whole, in UTF-8.',
  },
  OR1104: {
    status: 400,
    title: 'Not an AdmissionReview',
    remedy: 'Send an object of kind AdmissionReview, apiVersion admission.k8s.io/v1 or admission.k8s.io/v1beta1.',
  },
  OR1105: {
    status: 400,
    title: 'AdmissionReview without a usable request',
    remedy: 'Fill the field named in the message, as the API server does.',
  },
  OR1106: {
    status: 413,
    title: 'Request body is too large',
    remedy: 'Send less: the limit is 6 MiB, twice what an API server takes as a pod.',
  },
  OR1107: {
    status: 404,
    title: 'No such path',
    remedy: 'Use /inject, /preview, /healthz/live, /healthz/ready or /metrics.',
  },
  OR1108: {
    status: 405,
    title: 'Method not allowed',
    remedy: 'Use a method that the `allow` header of the answer lists.',
  },
  OR1109: {
    status: 408,
    title: 'Request took too long',
    remedy: 'Send the whole request within the time limits of the server (`outrigger serve --help` lists them).',
  },
  OR1110: {
    status: 503,
    title: 'The control plane does not know the cluster yet',
    remedy: 'Try again in a few seconds; if it stays so, /healthz/ready says what is missing.',
  },
  OR1111: {
    status: 404,
    title: 'Namespace is not known',
    remedy: 'Create the namespace first; when serving from a folder, add a Namespace object to it.',
  },
  OR1112: {
    status: 400,
    title: 'Bad parameters in the webhook URL',
    remedy: 'Write them as pairs: /inject/cluster/NAME/net/NAME, further ones as /KEY/VALUE.',
  },
  OR1113: {
    status: 422,
    title: 'Pod has not the form of a pod',
    remedy: 'Correct the field that the message names.',
  },
  OR1114: {
    status: 503,
    title: 'Namespace cannot be looked up',
    remedy: 'Check that the API server is reachable from the control plane, then create the pod again.',
  },
  OR1115: {
    status: 400,
    title: 'Not a valid HTTP request',
    remedy: 'Speak HTTP/1.1 over TLS to this port.',
  },
  OR1201: {
    status: 422,
    title: 'Bad annotation value',
    remedy: 'Write the value as the message says, or take the annotation out; docs/annotations.md lists all.',
  },
  OR1202: {
    status: 422,
    title: 'Bad resource quantity',
    remedy: 'Write a quantity as Kubernetes reads it, such as 100m or 128Mi.',
  },
  OR1203: {
    status: 422,
    title: 'Bad ProxyConfig',
    remedy: 'Mend the annotation proxy.istio.io/config (or mesh.defaultConfig) as the message says.',
  },
  OR1204: {
    status: 422,
    title: 'Malformed pod',
    remedy: 'Mend the field that the message names; `kubectl apply --dry-run=server` shows what Kubernetes accepts.',
  },
  OR1205: {
    status: 422,
    title: 'Bad Prometheus annotation',
    remedy: "Give the port of the app's own metrics, 1 to 65535 and none of the proxy's.",
  },
  OR1206: {
    status: 422,
    title: 'Request greater than limit',
    remedy: 'Raise the limit or lower the request of the proxy.',
  },
  OR1207: {
    status: 422,
    title: 'Bad control-plane address',
    remedy: 'Write host:port, such as outrigger.outrigger-system.svc:15012.',
  },
  OR1208: {
    status: 422,
    title: 'DNS capture is not available',
    remedy:
      'Take ISTIO_META_DNS_CAPTURE out of proxyMetadata: Envoy has no resolver for the mesh yet, and captured queries would get no answer.',
  },
  OR1209: {
    status: 400,
    title: 'Not a Kubernetes object',
    remedy: 'Give Kubernetes objects as YAML or JSON; mend the place that the message names.',
  },
  OR1210: {
    status: 400,
    title: 'Bad list of pairs',
    remedy: 'Write key=value pairs separated by commas.',
  },
  OR1301: {
    status: 422,
    title: 'Unknown injection template',
    remedy: 'Name a template that exists: sidecar, gateway, or one of injection.templates.',
  },
  OR1302: {
    status: 500,
    title: 'Injection template failed',
    remedy: 'Mend the template where the message says; the last good configuration stays in force until then.',
  },
  OR1303: {
    status: 500,
    title: 'Injection template has a wrong type',
    remedy: 'A template renders a mapping with metadata and spec, as in a pod; mend the field that the message names.',
  },
  OR1304: {
    status: 422,
    title: 'The pod cannot be merged with the sidecar',
    remedy: 'Mend the field that the message names: names have to be unique and lists have to be lists.',
  },
  OR1401: {
    status: 400,
    title: 'Bad list of address blocks',
    remedy:
      'Write address/length blocks separated by commas, without spaces (10.0.0.0/8,fd00::/8); "*" only where allowed.',
  },
  OR1402: {
    status: 400,
    title: 'Bad list of ports',
    remedy: 'Write port numbers from 0 to 65535 separated by commas; "*" only where allowed.',
  },
  OR1403: {
    status: 400,
    title: 'Bad list of network interfaces',
    remedy: 'Write interface names (at most 15 characters, a letter first) separated by commas.',
  },
  OR1404: {
    status: 400,
    title: 'Bad capture flag',
    remedy: 'Use the flags of `istio-iptables`, each with its value.',
  },
  OR1501: {
    status: 500,
    title: 'Webhook root is not usable',
    remedy:
      'Restore the root from a backup. Only when no cluster trusts it (no caBundle holds it), delete it: the next start makes a new one.',
  },
  OR1502: {
    status: 500,
    title: 'Webhook root has expired',
    remedy:
      'Delete the root, start again, and put the new ca.crt into the caBundle of every webhook configuration (`outrigger manifest generate`).',
  },
  OR1503: {
    status: 500,
    title: 'Certificate files cannot be used',
    remedy: 'Give PEM files with `--tls-cert-file`, `--tls-key-file` and, where clients need it, `--tls-ca-file`.',
  },
  OR1504: {
    status: 500,
    title: 'Private key does not belong to the certificate',
    remedy: 'Give the key that the certificate was made for; when both are replaced, replace them together.',
  },
  OR1505: {
    status: 500,
    title: 'Certificate is not valid now',
    remedy: 'Renew the certificate, and check the clock of this machine.',
  },
  OR1506: {
    status: 500,
    title: 'Webhook root cannot be stored',
    remedy: 'Make the place named in the message writable for this user.',
  },
  OR1507: {
    status: 500,
    title: 'Webhook root is not valid yet',
    remedy: 'Check the clock of this machine: it is before the time at which the root was made.',
  },
  OR1508: {
    status: 500,
    title: 'Certificate does not chain to the CA file',
    remedy:
      'Give as `--tls-ca-file` the CA that signed the certificate, and put intermediates behind the certificate in its file.',
  },
  OR1601: {
    status: 400,
    title: 'File is not valid YAML',
    remedy: 'Correct the file at the place that the message names; until then its last good content is used.',
  },
  OR1602: {
    status: 400,
    title: 'File is too large',
    remedy: 'Split the file: at most 1 MiB each.',
  },
  OR1603: {
    status: 400,
    title: 'Object is defined twice',
    remedy: 'Keep one of the two definitions; until then the first one, in order of file names, is used.',
  },
  OR1604: {
    status: 400,
    title: 'File or folder cannot be read',
    remedy: 'Make it readable for this user; until then its last good content is used.',
  },
  OR1605: {
    status: 400,
    title: 'Configuration folder is missing',
    remedy: 'Give a folder that exists with `--config`.',
  },
  OR1606: {
    status: 400,
    title: 'Object has not the right form',
    remedy: 'Correct the field that the message names; until then the last good content of the file is used.',
  },
  OR1607: {
    status: 400,
    title: 'YAML aliases expand too far',
    remedy: 'Write the repeated parts out: a file may expand to at most 100 copies of an anchor.',
  },
  OR1608: {
    status: 400,
    title: 'Folders are nested too deep, or in a loop',
    remedy: 'Remove the symbolic link that the message names; it is not followed.',
  },
  OR1609: {
    status: 400,
    title: 'Too many files',
    remedy: 'Keep at most 10,000 files in the configuration folder; the rest is not read.',
  },
  OR1630: {
    status: 502,
    title: 'The Kubernetes API does not answer',
    remedy:
      'Check that the API server named in the message is up and reachable from here; the last state stays in use.',
  },
  OR1631: {
    status: 500,
    title: 'The kubeconfig cannot be used',
    remedy:
      'Check the file and the context with `kubectl config view`, or name others with `--kubeconfig`, `--context`.',
  },
  OR1632: {
    status: 502,
    title: 'The Kubernetes API refuses a request',
    remedy: 'Check the rights of the service account: `outrigger manifest generate` prints the ClusterRole it needs.',
  },
  OR1633: {
    status: 500,
    title: 'The Secret of the webhook root is damaged',
    remedy: 'Delete the Secret and make it anew with its certificate in the caBundle of the webhook configuration.',
  },
  OR1634: {
    status: 500,
    title: 'The Secret of the webhook root is absent',
    remedy: 'Create it before the control plane, with the certificate that the caBundle holds (see docs/security.md).',
  },
  OR1701: {
    status: 400,
    title: 'The authority of the webhook is missing',
    remedy:
      'Give its certificate with `--set ca.crt=FILE` (docs/security.md tells how to make one), or let `outrigger install` make it.',
  },
  OR1702: {
    status: 400,
    title: 'Unknown value of --set',
    remedy: 'Use a name that `outrigger manifest generate --help` lists.',
  },
  OR1703: {
    status: 400,
    title: 'Bad value of --set',
    remedy: 'Give the value the form that the message names.',
  },
  OR1704: {
    status: 400,
    title: 'The certificate of the authority cannot be used',
    remedy: 'Name a readable PEM file with a CA certificate: `--set ca.crt=FILE`.',
  },
  OR1801: {
    status: 400,
    title: 'Unreadable input',
    remedy: 'Check the name and the rights of the file; - reads standard input.',
  },
  OR1802: {
    status: 400,
    title: 'No input',
    remedy: 'Name files or folders after the command, or with -f; - reads standard input.',
  },
  OR1803: {
    status: 422,
    title: 'Pods would be refused',
    remedy: 'Mend each pod that is named; nothing was printed, so that no half of the input is applied.',
  },
  OR1901: {
    status: 500,
    title: 'Internal error',
    remedy:
      'Nothing was changed. Look up the request uid in the log of the control plane and report it with that line.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

export interface ErrorContext {
  /** Where in the input: a field path (`metadata.annotations["x"]`) or `file:line`. */
  readonly at?: string;
  readonly cause?: unknown;
}

/** An expected failure: a code of the catalogue, and a sentence on this very case. */
export class OutriggerError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly at: string | undefined;

  constructor(code: ErrorCode, detail: string, context: ErrorContext = {}) {
    super(`${code} ${context.at === undefined ? '' : `${context.at}: `}${detail}`, { cause: context.cause });
    this.name = 'OutriggerError';
    this.code = code;
    this.detail = detail;
    this.at = context.at;
  }

  get entry(): CatalogueEntry {
    return catalogue[this.code];
  }

  get remedy(): string {
    return this.entry.remedy;
  }
}

/** What a user sees of any thrown value: a coded error as it is, anything else as OR1901 without its text. */
export function asOutriggerError(error: unknown): OutriggerError {
  if (error instanceof OutriggerError) return error;
  return new OutriggerError('OR1901', 'an unexpected error stopped this operation', { cause: error });
}

/** The JSON form of an error, as HTTP answers and `-o json` carry it. Never holds a stack. */
export function describeError(error: OutriggerError): {
  code: string;
  title: string;
  message: string;
  remedy: string;
  at?: string;
} {
  return {
    code: error.code,
    title: error.entry.title,
    message: error.detail,
    remedy: error.remedy,
    ...(error.at === undefined ? {} : { at: error.at }),
  };
}
