import { choice, mapOf, message } from '../build.ts';
import { WorkloadSelector } from '../common/label.ts';
import { type Check, printValue } from '../problem.ts';

const MutualTls = message(
  { mode: choice(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'], 'UNSET takes the mode of what is around it.') },
  { description: 'Whether clients must use mutual TLS.' },
);

const checkPorts: Check<Record<string, unknown>> = (ports, report) => {
  for (const name of Object.keys(ports)) {
    if (!/^[1-9]\d{0,4}$/.test(name) || Number(name) > 65_535)
      report({ at: [name], code: 'OR1646', message: `${printValue(name)} must be a port of the pod, from 1 to 65535` });
  }
  if (Object.keys(ports).length === 0) report({ code: 'OR1642', message: 'one port must be given' });
};

export const PeerAuthenticationSpec = message(
  {
    selector: WorkloadSelector,
    mtls: MutualTls,
    portLevelMtls: mapOf(MutualTls, 'Modes of single ports, by the port of the pod.', checkPorts),
  },
  {
    description: 'Whether pods take plain text, mutual TLS or both.',
    check: (spec, report) => {
      const selected = Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
      if (spec.portLevelMtls !== undefined && !selected)
        report({ at: ['portLevelMtls'], code: 'OR1655', message: 'it needs a selector with matchLabels' });
    },
  },
);
