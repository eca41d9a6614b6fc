import type { CatalogueEntry } from './entry.ts';

/** 15xx certificates, 16xx sources, 17xx cluster and installation. */
export const surroundingsErrors = {
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
      'Check that the API server named in the message is up and reachable from here. The control plane goes on with the last state.',
  },
  OR1631: {
    status: 500,
    title: 'The kubeconfig cannot be used',
    remedy:
      'Check the file and the context with `kubectl config view`, or name others with `--kubeconfig`, `--context`. Files alone are read by `outrigger analyze --use-kube=false`.',
  },
  OR1632: {
    status: 502,
    title: 'The Kubernetes API refuses a request',
    remedy:
      'Of a command: ask for the right to the path. Of the control plane: give its service account the ClusterRole that `outrigger manifest generate` prints.',
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
  OR1635: {
    status: 401,
    title: 'The cluster does not know who you are',
    remedy:
      'Log in again, as the provider of the cluster has it, and run the command again; `kubectl auth whoami` tells whether it worked. `--kubeconfig` and `--context` name another user.',
  },
  OR1640: {
    status: 400,
    title: 'Kind or version of a resource is not known',
    remedy: 'Use an apiVersion and kind that the message lists.',
  },
  OR1641: {
    status: 400,
    title: 'Field of a resource has the wrong type',
    remedy: 'Give the field the type that the message names.',
  },
  OR1642: {
    status: 400,
    title: 'Field of a resource is missing',
    remedy: 'Add the field that the message names.',
  },
  OR1643: {
    status: 400,
    title: 'Field of a resource is not known',
    remedy: 'Correct its name or place, or remove it: it has no effect.',
  },
  OR1644: {
    status: 400,
    title: 'Value is none of those allowed',
    remedy: 'Use one of the values that the message lists.',
  },
  OR1645: {
    status: 400,
    title: 'Fields of a resource exclude each other',
    remedy: 'Keep one of the fields that the message names.',
  },
  OR1646: {
    status: 400,
    title: 'Number is out of range',
    remedy: 'Use a number within the limits that the message names.',
  },
  OR1647: {
    status: 400,
    title: 'Duration cannot be read',
    remedy: 'Write a number with a unit: 100ms, 1.5s, 5m, 1h30m.',
  },
  OR1648: {
    status: 400,
    title: 'Regular expression cannot be used',
    remedy:
      'Use the syntax of RE2 (https://github.com/google/re2/wiki/Syntax): it has no look-around or back-references.',
  },
  OR1649: {
    status: 400,
    title: 'Host name is not valid',
    remedy: 'Use a DNS name; where wildcards are allowed, a star only as the first label.',
  },
  OR1650: {
    status: 400,
    title: 'Address is not valid',
    remedy: 'Use an IP address or block, like 10.0.0.1 or 10.0.0.0/8.',
  },
  OR1651: {
    status: 400,
    title: 'Shares do not add up',
    remedy: 'Correct the weights or percentages as the message says.',
  },
  OR1652: {
    status: 400,
    title: 'Name is used twice in a resource',
    remedy: 'Give each its own name, or remove one.',
  },
  OR1653: {
    status: 400,
    title: 'Field is deprecated or has no effect',
    remedy: 'Use what the message names instead, or remove the field.',
  },
  OR1654: {
    status: 400,
    title: 'Resource or rule does nothing',
    remedy: 'Complete it as the message says, or remove it.',
  },
  OR1655: {
    status: 400,
    title: 'Fields of a resource do not fit together',
    remedy: 'Change one of the fields that the message names.',
  },
  OR1656: {
    status: 400,
    title: 'Header name or value is not valid',
    remedy: 'Use a name of letters, digits and dashes, and a value without control characters.',
  },
  OR1657: {
    status: 400,
    title: 'Text has not the right form',
    remedy: 'Write it as the message says.',
  },
  OR1658: {
    status: 400,
    title: 'A resource has too many problems',
    remedy: 'Correct those shown first; the rest is then told.',
  },
  OR1659: {
    status: 400,
    title: 'TLS lets in clients that nobody has verified',
    remedy: 'Remove insecureSkipVerify, or let the app behind it verify the certificates that it is told of.',
  },
  OR1660: {
    status: 500,
    title: 'An object is beyond what the control plane can deal with',
    remedy:
      'What held before stays in force, and so does everything else. Change or remove the object that is named, and report it with this line of the log.',
  },
  OR1661: {
    status: 500,
    title: 'A part of the control plane has failed and goes on',
    remedy:
      'What it had made before stays in use, and it tries again with the next change. Report this line of the log.',
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
} as const satisfies Record<string, CatalogueEntry>;
