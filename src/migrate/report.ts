/** What a move to Outrigger brings, in three lists and in steps. Plain data: `-o json` prints it as it is. */
export interface MigrationReport {
  readonly from: 'istio' | 'linkerd';
  readonly unchanged: readonly MigrationItem[];
  readonly differs: readonly MigrationItem[];
  readonly unsupported: readonly MigrationItem[];
  readonly steps: readonly MigrationStep[];
}

export interface MigrationItem {
  /** `VirtualServices`, `meshConfig.outboundTrafficPolicy`, `config.linkerd.io/skip-inbound-ports`. */
  readonly subject: string;
  /** What it comes to, and for what differs or is not supported, what to do. */
  readonly text: string;
  /** `namespace/name`, `Kind namespace/name field (file:line)`: as many as there are. */
  readonly places: readonly string[];
}

export interface MigrationStep {
  readonly title: string;
  readonly commands: readonly string[];
  readonly note?: string;
}

export type MigrationParts = Omit<MigrationReport, 'from' | 'steps'>;

export function joinParts(parts: readonly Partial<MigrationParts>[]): MigrationParts {
  const all = (key: keyof MigrationParts) => parts.flatMap((part) => part[key] ?? []);
  return { unchanged: all('unchanged'), differs: all('differs'), unsupported: all('unsupported') };
}

/** One item a subject and text, in the order in which they first come. */
export function gathered(single: readonly { subject: string; text: string; place: string }[]): MigrationItem[] {
  const items = new Map<string, { subject: string; text: string; places: string[] }>();
  for (const { subject, text, place } of single) {
    const key = `${subject}\n${text}`;
    const item = items.get(key) ?? { subject, text, places: [] };
    if (!item.places.includes(place)) item.places.push(place);
    items.set(key, item);
  }
  return [...items.values()];
}

/** A warning of injection as an item: `Annotation <key> has no effect: …`. */
export function aboutAnnotation(warning: string): { subject: string; text: string } {
  const match = /^Annotation (\S+?):? (.+)$/.exec(warning);
  return { subject: match?.[1] ?? 'annotation', text: match?.[2] ?? warning };
}
