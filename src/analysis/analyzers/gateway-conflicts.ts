import { fieldOf, printOrigin } from '../../model/origin.ts';
import { hasLabels } from '../../policy/client.ts';
import { type ConfigOf, configsOf, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn } from '../mesh-lookup.ts';

type Gateway = ConfigOf<'Gateway'>;
type Server = Gateway['spec']['servers'][number];

/** Gateways of the same pods that serve one host on one port. Those of one protocol that are plain HTTP share their hosts. */
export const gatewayConflicts: Analyzer = {
  name: 'gateway.conflicts',
  description: 'Gateways that serve what an older one serves on the same pods',
  codes: ['OR3032'],
  atAdmission: true,
  *analyze(input) {
    const { workloads } = lookupIn(input);
    const all = configsOf(input.snapshot, 'Gateway');
    for (const gateway of subjects(input, 'Gateway')) {
      for (const [index, server] of gateway.spec.servers.entries()) {
        const older = all
          .slice(0, all.indexOf(gateway))
          .filter((other) =>
            workloads.some(
              ({ labels }) => hasLabels(labels, other.spec.selector) && hasLabels(labels, gateway.spec.selector),
            ),
          )
          .find((other) => other.spec.servers.some((theirs) => isSame(theirs, server)));
        if (older === undefined) continue;
        yield finding('OR3032', {
          origin: fieldOf(gateway.origin, `spec.servers[${index}]`),
          message: `port ${server.port.number} serves ${server.hosts.join(', ')} by the older ${printOrigin(older.origin)} already`,
        });
      }
    }
  },
};

function isSame(left: Server, right: Server): boolean {
  if (left.port.number !== right.port.number || (left.bind ?? '') !== (right.bind ?? '')) return false;
  const hosts = left.hosts.map((host) => host.toLowerCase());
  return right.hosts.some((host) => hosts.includes(host.toLowerCase()));
}
