import type { CatalogueEntry } from './entry.ts';

/** 220x the mesh root, 221x tokens of workloads, 222x what pods trust the control plane by, 223x requests for certificates, 224x rotation of the root and commands at its store. */
export const workloadIdentityErrors = {
  OR2201: {
    status: 500,
    title: 'Mesh root is not usable',
    remedy:
      'Correct what the message names: ca-cert.pem must be a CA whose key is ca-key.pem (ECDSA or RSA) and which chains to root-cert.pem. It is never replaced by itself, as proxies trust it.',
  },
  OR2202: {
    status: 500,
    title: 'Mesh root is not valid now',
    remedy: 'Check the clock of this machine; when the certificate has ended, put a renewed one in its place.',
  },
  OR2203: {
    status: 500,
    title: 'Mesh root cannot be stored',
    remedy: 'Make the place named in the message writable for this user, or put a root there yourself.',
  },
  OR2204: {
    status: 500,
    title: 'Name of a workload identity is not valid',
    remedy: 'Use spiffe://<trust domain>/ns/<namespace>/sa/<service account>.',
  },
  OR2205: {
    status: 500,
    title: 'Workload certificate cannot be issued',
    remedy: 'See the cause in the log; proxies keep their last certificate, and issuing is tried again.',
  },
  OR2206: {
    status: 503,
    title: 'Mesh root is missing',
    remedy:
      'Make the Secret that the message names, or one called cacerts beside it: docs/security.md has the commands. Injection goes on meanwhile; proxies are served as soon as it is there.',
  },
  OR2207: {
    status: 503,
    title: 'Objects of the mesh are not listed',
    remedy:
      'See the warnings of part "source" in the log: rights are missing, or the API server does not answer. Injection goes on meanwhile; apply the output of `outrigger manifest generate` again after an upgrade.',
  },
  OR2208: {
    status: 503,
    title: 'Discovery port cannot be opened',
    remedy: 'End what uses the port, or choose another with discovery.port; it is tried again by itself.',
  },
  OR2209: {
    status: 503,
    title: 'DNS port cannot be opened',
    remedy:
      'End what uses the port and start again, or set discovery.dnsPort to 0; pods whose DNS is captured ask their own resolvers, which do not know the names of ServiceEntries.',
  },
  OR2210: {
    status: 401,
    title: 'Token is missing or is none',
    remedy: "Inject the pod again: its proxy sends the service account's token that is mounted for audience istio-ca.",
  },
  OR2211: {
    status: 401,
    title: 'Token is refused',
    remedy:
      'Restart the pod when its service account was made anew; a token of another cluster or issuer is never accepted.',
  },
  OR2212: {
    status: 401,
    title: 'Token is not valid now',
    remedy:
      'Nothing, when it happens once: the kubelet renews tokens. Else check the clocks of node and control plane.',
  },
  OR2213: {
    status: 401,
    title: 'Token is for another audience',
    remedy: 'Mount a projected serviceAccountToken with the audience that the message names; injection does so.',
  },
  OR2214: {
    status: 403,
    title: 'Token is not that of a service account',
    remedy: 'Use the token of a pod: users and nodes have no identity in the mesh.',
  },
  OR2215: {
    status: 503,
    title: 'Token cannot be checked now',
    remedy: 'Check that the Kubernetes API answers; proxies try again by themselves and keep what they have.',
  },
  OR2216: {
    status: 500,
    title: 'Key for local tokens is not usable',
    remedy: 'Delete the file that the message names: the next start makes a new key, and pods get new tokens.',
  },
  OR2220: {
    status: 409,
    title: "ConfigMap of the mesh's roots belongs to another",
    remedy:
      "Pods that Outrigger injects there do not trust it. Beside Istio: give both the same root, by copying istiod's Secret cacerts into the namespace of the control plane. Without Istio: delete the ConfigMap; it is made anew.",
  },
  OR2221: {
    status: 503,
    title: "ConfigMap of the mesh's roots cannot be kept",
    remedy:
      'Check the rights on ConfigMaps (docs/security.md), admission policies, and whether the ConfigMap is immutable; it is tried again by itself. Pods there do not start before it is there.',
  },
  OR2240: {
    status: 409,
    title: 'Rotation of the mesh root cannot begin',
    remedy:
      'Do what the message says. A root of your own (an intermediate, or a Secret cacerts) is rotated to another of your own: --to names the folder with its ca-cert.pem, ca-key.pem, root-cert.pem and cert-chain.pem.',
  },
  OR2241: {
    status: 409,
    title: 'Another rotation of the mesh root is under way',
    remedy: 'Bring it to its end first: `outrigger root rotate` without --to takes it up where it was left.',
  },
  OR2242: {
    status: 409,
    title: 'What the mesh root is to be is not usable',
    remedy:
      'Restore what the message names from a copy, and run the command again: the rotation goes on. Or delete it: the rotation ends where it is, nobody is cut off, and every root that is trusted by then stays trusted; `outrigger root rotate` begins another.',
  },
  OR2243: {
    status: 404,
    title: 'State folder has no mesh root',
    remedy:
      'Check --state-dir: it is that of the control plane. Where there has been none yet, start `outrigger serve` once: it makes the root. One that was lost is restored from a copy, as proxies trust it.',
  },
  OR2230: {
    status: 400,
    title: 'Certificate request is refused',
    remedy:
      'Send a PKCS #10 request in PEM that is signed by its own key: ECDSA on P-256, P-384 or P-521, or RSA of 2048 to 8192 bits. Names in it have no effect.',
  },
} as const satisfies Record<string, CatalogueEntry>;
