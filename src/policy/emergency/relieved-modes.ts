import type { MtlsMode } from '../../ir/types/inbound.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Emergency } from '../../schema/kinds.ts';
import type { PeerAuthenticationIndex } from '../peer-authentication/mode.ts';
import { reliefFor } from './relief.ts';

/** The modes of PeerAuthentications, but that nobody requires what an emergency has taken away. */
export function relievedModes(
  index: PeerAuthenticationIndex,
  emergencies: readonly Config<Emergency>[],
  rootNamespaces: readonly string[],
): PeerAuthenticationIndex {
  if (emergencies.length === 0) return index;
  return {
    forNamespace: (namespace) => index.forNamespace(namespace),
    forWorkload: (namespace, labels) => {
      const modes = index.forWorkload(namespace, labels);
      const relief = reliefFor(emergencies, { namespace, labels, rootNamespaces });
      if (!relief.plaintext) return modes;
      return {
        ...modes,
        mode: relieved(modes.mode),
        ports: new Map([...modes.ports].map(([port, mode]) => [port, relieved(mode)])),
        plainClients: relief.plainClients,
      };
    },
  };
}

const relieved = (mode: MtlsMode): MtlsMode => (mode === 'strict' ? 'permissive' : mode);
