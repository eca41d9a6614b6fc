/** How much a finding weighs: of an error there is a request that shows it. */
export type FindingSeverity = 'Error' | 'Warning' | 'Info';

export interface FindingEntry {
  /** The heaviest that it can be; without a request that shows it an error is a warning. */
  readonly severity: FindingSeverity;
  readonly title: string;
  /** What the reader does about it. */
  readonly remedy: string;
}

/** What analyzers find. A code keeps its meaning for ever; `docs/findings.md` is generated from this. */
export const findingCatalogue = {
  OR3001: {
    severity: 'Error',
    title: 'A route goes to a host that the mesh does not know',
    remedy: 'Correct the host, or make the Service or the ServiceEntry that it names.',
  },
  OR3002: {
    severity: 'Warning',
    title: 'A DestinationRule is for a host that the mesh does not know',
    remedy:
      'Correct the host, or make the Service or the ServiceEntry that it names: until then the rule has no effect.',
  },
  OR3003: {
    severity: 'Error',
    title: 'A route goes to a subset that no DestinationRule has',
    remedy: 'Add the subset to the DestinationRule of the host, or correct its name.',
  },
  OR3004: {
    severity: 'Error',
    title: 'A route goes to a subset that no pod belongs to',
    remedy: 'Deploy pods with the labels of the subset, correct the labels, or give the destination no weight.',
  },
  OR3005: {
    severity: 'Error',
    title: 'A route goes to a port that the host does not have',
    remedy: 'Name a port of the Service (not of its pods) in `destination.port.number`.',
  },
} as const satisfies Record<string, FindingEntry>;

export type FindingCode = keyof typeof findingCatalogue;
