import type { Failure } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { readNodeId } from '../format/names.ts';
import { formatRate } from '../format/numbers.ts';
import { meaningOf } from './flags.ts';

interface FailuresProps {
  readonly failures: readonly Failure[];
}

/** Is it the app or the mesh? Who made each answer that is no good one, and why. */
export function Failures({ failures }: FailuresProps) {
  return (
    <ul class="plain">
      {failures.map((failure) => (
        <li key={`${failure.by} ${codeOf(failure)} ${failure.flags}`}>
          <strong>{makers[failure.by]}</strong>: <code>{codeOf(failure)}</code> {formatRate(failure.perSecond)}/s{' '}
          <span class="muted">{whyOf(failure)}</span>
        </li>
      ))}
    </ul>
  );
}

/** What fails most, in a cell or a line; where a policy may have refused, the way to who knows. */
export function MainFailure({ failures, called }: FailuresProps & { readonly called?: string }) {
  const [first] = failures;
  if (first === undefined) return <span class="muted">–</span>;
  const more = failures.length - 1;
  return (
    <>
      {makers[first.by]}: <code>{codeOf(first)}</code>{' '}
      <span class="muted">
        {first.flags === '' ? '' : whyOf(first)}
        {more === 0 ? '' : ` and ${more} more`}
      </span>
      {called !== undefined && failures.some(({ by }) => by === 'policy or app') ? (
        <WhichPolicy called={called} />
      ) : null}
    </>
  );
}

/** Live requests of whom was called name the policy. */
export function WhichPolicy({ called }: { readonly called: string }) {
  const { kind, namespace, name } = readNodeId(called);
  if ((kind !== 'workload' && kind !== 'gateway') || namespace === '') return null;
  return (
    <>
      {' '}
      <a href={printRoute(['workloads', namespace, name], { live: 'yes' })}>which policy?</a>
    </>
  );
}

const makers: Readonly<Record<Failure['by'], string>> = {
  app: 'app',
  'policy or app': 'policy or app',
  caller: 'caller’s proxy',
  called: 'called proxy',
  client: 'client',
};

function codeOf({ status, grpc, flags }: Failure): string {
  const code = grpc !== null && grpc > 0 ? `gRPC ${grpc}` : status === 0 ? 'no answer' : String(status ?? '');
  return [code, flags].filter((word) => word !== '').join(' ');
}

function whyOf({ by, flags }: Failure): string {
  if (flags !== '') return flags.split(',').map(meaningOf).join('; ');
  return by === 'policy or app'
    ? 'refused by a policy or by the app itself: its live requests say which'
    : 'what it answered, without a part of the mesh';
}
