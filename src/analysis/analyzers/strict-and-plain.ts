import { fieldOf } from '../../model/origin.ts';
import type { Workload } from '../../model/workload.ts';
import { indexPeerAuthentications } from '../../policy/peer-authentication/mode.ts';
import { type AnalysisInput, subjects } from '../analysis-input.ts';
import type { Analyzer } from '../analyzer.ts';
import { finding } from '../finding.ts';
import { lookupIn } from '../mesh-lookup.ts';
import { callOf, servicesOf, speaksHttp } from '../service-calls.ts';

const shown = 5;

/** STRICT pods whose neighbours have no proxy: what those send is refused. That may be meant, so it is no error. */
export const strictAndPlain: Analyzer = {
  name: 'peer-authentication.plaintext-clients',
  description: 'Pods without a proxy in a namespace where only mutual TLS is let in',
  codes: ['OR3052'],
  atAdmission: true,
  *analyze(input) {
    if (subjects(input, 'PeerAuthentication').length === 0) return;
    const { workloads } = lookupIn(input);
    const modes = indexPeerAuthentications(input.snapshot.peerAuthentications, input.settings.rootNamespaces);
    const strictBy = Map.groupBy(
      workloads.filter(({ meshed, role }) => meshed && role === 'sidecar'),
      ({ namespace, labels }) => {
        const { mode, origin } = modes.forWorkload(namespace, labels);
        return mode === 'strict' ? origin : undefined;
      },
    );
    for (const config of subjects(input, 'PeerAuthentication')) {
      const strict = strictBy.get(config.origin) ?? [];
      const spaces = new Set(strict.map(({ namespace }) => namespace));
      const plain = workloads.filter(({ meshed, namespace }) => !meshed && spaces.has(namespace));
      const [client] = plain;
      if (client === undefined) continue;
      const names = plain.slice(0, shown).map(({ id }) => id);
      const more = plain.length > shown ? ` and ${plain.length - shown} more` : '';
      yield finding('OR3052', {
        origin: fieldOf(config.origin, 'spec.mtls'),
        message: `${names.join(', ')}${more} cannot speak mutual TLS, which is all that is let in to pods of ${client.namespace}`,
        request: requestFrom(client, strict, input),
      });
    }
  },
};

function requestFrom(client: Workload, strict: readonly Workload[], input: AnalysisInput) {
  for (const workload of strict.filter(({ namespace }) => namespace === client.namespace)) {
    for (const service of servicesOf(lookupIn(input), workload)) {
      const port = service.ports.find(speaksHttp);
      if (port !== undefined) return callOf(client, service, port, { answer: 'reset', share: 1 });
    }
  }
  return undefined;
}
