import type { CatalogueEntry } from './entry.ts';

/** 10xx configuration, 11xx requests. */
export const requestsErrors = {
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
  OR1116: {
    status: 404,
    title: 'No such path on the port of the dashboard',
    remedy:
      'Open / for the page; /metrics, /healthz/live and /healthz/ready are here, too. Pods are injected at the TLS port (15017).',
  },
} as const satisfies Record<string, CatalogueEntry>;
