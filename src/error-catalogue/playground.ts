import type { CatalogueEntry } from './entry.ts';

export const playgroundErrors = {
  OR2301: {
    status: 500,
    title: 'The playground cannot run on this machine',
    remedy:
      'Run it as root on Linux with what the message names (Debian: apt-get install iproute2 iptables nftables util-linux).',
  },
  OR2302: {
    status: 500,
    title: 'There is no Envoy for the playground',
    remedy: 'Run test/envoy/install.sh, or name a binary with OUTRIGGER_ENVOY.',
  },
  OR2303: {
    status: 500,
    title: 'A network of the playground is in use',
    remedy: 'Remove the route that the message names, or run the playground on another machine.',
  },
  OR2304: {
    status: 500,
    title: 'The network of the playground cannot be made',
    remedy: 'See the message of ip or nft; the kernel needs bridge, veth, nf_tables and NAT.',
  },
  OR2305: {
    status: 500,
    title: 'Too many playgrounds',
    remedy: 'End one of the playgrounds that run on this machine.',
  },
  OR2306: {
    status: 502,
    title: 'The webhook did not inject a pod',
    remedy: 'See the message: the pod is tried again by itself.',
  },
  OR2307: {
    status: 500,
    title: 'A pod of the playground does not start',
    remedy: 'See the message and the log of the container; the pod is tried again by itself.',
  },
  OR2308: {
    status: 500,
    title: 'A port of this machine is in use',
    remedy: 'End what listens there, or name another with `--http-port`, `--https-port`.',
  },
} as const satisfies Record<string, CatalogueEntry>;
