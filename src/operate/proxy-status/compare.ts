import type { ReportedResource, ReportedType } from '../../model/proxy-report.ts';
import type { ConfigDump, DumpedResource } from '../config-dump/read-dump.ts';

export interface Difference {
  readonly type: ReportedType;
  readonly name: string;
  /** Versions: '' where there is none. */
  readonly sent: string;
  readonly held: string;
  readonly origins: readonly string[];
}

/**
 * What is compared, and what people call it. Of endpoints Envoy tells no version, nor of routes whose hosts come on demand,
 * and of listeners not always the one in use: these are compared by name alone.
 */
const compared = [
  ['CDS', 'clusters', 'Clusters'],
  ['LDS', 'listeners', 'Listeners'],
  ['RDS', 'routes', 'Routes'],
  ['ECDS', 'extensions', 'Filters'],
  ['SDS', 'secrets', 'Secrets'],
] as const;

/** What the control plane sent that the proxy does not have in the same version, or has without being sent it. */
export function compareWithDump(sent: readonly ReportedResource[], dump: ConfigDump): Difference[] {
  return compared.flatMap(([type, section]) => {
    const dumped = dump[section].filter(isFromControlPlane);
    // After an update in place Envoy's dump keeps the version with which the listener came.
    const isKept = ({ version }: DumpedResource): boolean => type === 'LDS' || (type === 'RDS' && version === '');
    const unversioned = new Set(dumped.filter(isKept).map(({ name }) => name));
    const held = new Map(dumped.filter(({ version }) => version !== '').map((one) => [one.name, one]));
    const mine = new Map(sent.filter((one) => one.type === type).map((one) => [one.name, one]));
    const names = [...new Set([...mine.keys(), ...held.keys()])].sort();
    return names.flatMap((name): Difference[] => {
      const versions = { sent: mine.get(name)?.version ?? '', held: held.get(name)?.version ?? '' };
      const isThere = mine.has(name) || type !== 'LDS';
      if (versions.sent === versions.held || (unversioned.has(name) && isThere)) return [];
      return [{ type, name, ...versions, origins: mine.get(name)?.origins ?? [] }];
    });
  });
}

function isFromControlPlane({ state }: DumpedResource): boolean {
  return state !== 'static' && state !== 'draining';
}

export function comparisonLines(differences: readonly Difference[]): string[] {
  return compared.flatMap(([type, , title]) => {
    const own = differences.filter((one) => one.type === type);
    if (own.length === 0) return [`${title} Match`];
    return [`${title} Don't Match`, ...own.map(describe)];
  });
}

function describe({ name, sent, held, origins }: Difference): string {
  const from = origins.length === 0 ? '' : ` (${origins.join(', ')})`;
  if (held === '') return `  - ${name}${from}: sent in version ${sent}, the proxy has none`;
  if (sent === '') return `  + ${name}: the proxy has version ${held}, which the control plane did not send`;
  return `  ~ ${name}${from}: sent in version ${sent}, the proxy has ${held}`;
}
