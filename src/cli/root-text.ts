import { type Behind, behind, endingSoon, type ReplicaAnswer } from '../identity/rotation/proof.ts';
import type { RotationProgress, StoredRoots } from '../identity/rotation/rotate.ts';
import { type Stage, stageOf } from '../identity/rotation/stage.ts';
import { type CertificateFacts, certificateFacts } from '../identity/workload/certificate-facts.ts';

export const stageTexts: Readonly<Record<Stage, string>> = {
  none: 'no rotation is under way',
  prepared: 'the new root is made',
  trust: 'both roots are trusted, the old one signs',
  switch: 'both roots are trusted, the new one signs',
  retire: 'the new root alone is trusted',
};

export interface RootStatus {
  readonly place: string;
  readonly stage: Stage;
  readonly issuer: CertificateFacts | undefined;
  readonly roots: readonly CertificateFacts[];
  readonly replicas: readonly { readonly name: string; readonly proxies: number }[];
  readonly behind: readonly Behind[];
  readonly warnings: readonly string[];
}

/** Certificates that end sooner are told of. */
const warnDays = 60;

export function describeStatus(
  place: string,
  stored: StoredRoots,
  answers: readonly ReplicaAnswer[],
  now: Date,
): RootStatus {
  const { current } = stored;
  return {
    place,
    stage: stageOf(stored),
    issuer: certificateFacts(current.certificatePem)[0],
    roots: certificateFacts(current.rootsPem),
    replicas: answers.map(({ replica, report }) => ({
      name: replica,
      proxies: typeof report === 'string' ? 0 : report.proxies.length,
    })),
    behind: behind(current, answers),
    warnings: endingSoon(current, now, warnDays),
  };
}

export function printStatus({ stage, issuer, roots, replicas, behind: lagging, warnings }: RootStatus): string {
  const line = ({ subject, notAfter, fingerprint }: CertificateFacts): string =>
    `${subject}, until ${notAfter}, ${fingerprint.slice(0, 23)}`;
  return [
    `Stage:    ${stage} (${stageTexts[stage]})`,
    `Issuer:   ${issuer === undefined ? '' : line(issuer)}`,
    ...roots.map((root, index) => `${index === 0 ? 'Roots:   ' : '         '} ${line(root)}`),
    ...replicas.map(({ name, proxies }) => `Replica:  ${name}, ${proxies} proxies`),
    ...warnings.map((warning) => `Warning:  ${warning}; see \`outrigger root rotate --help\``),
    ...lagging.map(({ kind, who, why }) => `Behind:   ${kind} ${who}: ${why}`),
    ...(lagging.length === 0 ? ['Every replica and every proxy has it.'] : []),
    '',
  ].join('\n');
}

export function progressLine({ stage, behind: lagging }: RotationProgress): string {
  if (stage === 'none') return 'Complete.';
  const [first] = lagging;
  if (first === undefined) return `${stage}: ${stageTexts[stage]}; everybody has it`;
  const others = lagging.length > 1 ? ` and ${lagging.length - 1} more` : '';
  return `${stage}: waiting for ${first.kind} ${first.who}${others}: ${first.why}`;
}

/** For the end of the stage trust. A machine reads its root from a file that its owner copies there: no answer tells of it. */
export function machinesLine(answers: readonly ReplicaAnswer[]): string | undefined {
  const reports = answers.flatMap(({ report }) => (typeof report === 'string' ? [] : [report]));
  const connected = new Set(reports.flatMap(({ proxies }) => proxies.map(({ proxy }) => proxy)));
  const machines = [...new Set(reports.flatMap((report) => report.machines ?? []))].filter((id) => connected.has(id));
  if (machines.length === 0) return undefined;
  return `Machines ${machines.sort().join(', ')}: nothing here proves that their root-cert.pem has both roots; renew it there, or their proxies cannot connect again`;
}
