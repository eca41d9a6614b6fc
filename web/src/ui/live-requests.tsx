import { useEffect, useRef, useState } from 'preact/hooks';
import type { TapLine, TapState } from '../../../src/dashboard/api-types.ts';
import { route } from '../data/route.ts';
import { useTap } from '../data/use-tap.ts';
import { formatBytes } from '../format/numbers.ts';
import { Name } from './name.tsx';
import { SilentReplicas } from './silent-replicas.tsx';
import { FailedStrip } from './states.tsx';
import { Table } from './table.tsx';

interface LiveRequestsProps {
  readonly namespace: string;
  readonly name: string;
}

/** Requests as they happen. Nobody is told of them before somebody asks: that changes the proxies for as long as it lasts. */
export function LiveRequests({ namespace, name }: LiveRequestsProps) {
  const [on, setOn] = useState(false);
  const [connections, setConnections] = useState(false);
  const what = connections ? 'connections' : 'requests';
  const { state, replicas, lines, leftOut, failure, over } = useTap(namespace, name, on ? what : 'off');
  const running = on && !over;
  const button = useRef<HTMLButtonElement>(null);
  const wanted = route.value.query.get('live') === 'yes';
  // Whoever comes for them is taken there. They begin by a click alone: a link that is sent around changes no proxy
  useEffect(() => {
    if (wanted) button.current?.focus();
  }, [wanted]);
  return (
    <section>
      <h2>Live requests</h2>
      <p>
        <button ref={button} type="button" aria-pressed={running} onClick={() => setOn(!running)}>
          {running ? 'Stop' : 'Watch requests'}
        </button>{' '}
        <label>
          <input
            type="checkbox"
            checked={connections}
            disabled={running}
            onChange={({ currentTarget: { checked } }) => {
              setOn(false);
              setConnections(checked);
            }}
          />{' '}
          TCP connections, too
        </label>{' '}
        <span class="muted" role="status">
          {on ? told(state, lines.length, over) : before[what]}
        </span>
      </p>
      {over ? null : <SilentReplicas {...replicas} />}
      {failure === undefined ? null : <FailedStrip failure={failure} />}
      {leftOut === 0 ? null : <p class="muted">At least {leftOut} more were left out.</p>}
      {lines.length === 0 ? null : <Lines lines={lines} />}
    </section>
  );
}

const bounds = 'Two minutes at most, 20 lines a second.';
const before = {
  requests: `${bounds} Its connections open anew.`,
  connections: `${bounds} Those that begin from then on; those of now are closed ten minutes later.`,
} as const;

function told(state: TapState | undefined, lines: number, over: boolean): string {
  if (over) return 'It is over.';
  if (state === undefined) return 'The proxies are being told.';
  const { proxies, here, ready } = state;
  const all = `${ready} of ${proxies} ${proxies === 1 ? 'proxy tells' : 'proxies tell'}`;
  const elsewhere = here < proxies ? `; no replica that answers serves ${proxies - here} of them` : '';
  return `${all}${elsewhere}.${lines === 0 && ready > 0 ? ' Nothing has ended yet.' : ''}`;
}

function Lines({ lines }: { readonly lines: readonly (TapLine & { readonly key: string })[] }) {
  return (
    <Table
      caption="Requests"
      rows={lines}
      keyOf={({ key }) => key}
      columns={[
        { title: 'Time', cell: ({ at }) => new Date(at).toISOString().slice(11, 23) },
        { title: 'Way', cell: ({ side }) => (side === 'calls' ? 'out' : 'in') },
        { title: 'Other end', cell: (line) => <OtherEnd {...line} /> },
        {
          title: 'Request',
          cell: ({ connection, method, authority, path }) => (
            <Name text={`${connection === '' ? method || '-' : 'TCP'} ${authority}${path}`} />
          ),
        },
        { title: 'Status', cell: (line) => <Status {...line} /> },
        {
          title: 'Latency',
          kind: 'number',
          cell: ({ durationMs }) => `${durationMs.toFixed(durationMs < 10 ? 1 : 0)} ms`,
        },
        { title: 'Answer', kind: 'number', cell: ({ bytesSent }) => formatBytes(bytesSent) },
        { title: 'mTLS', cell: ({ mtls }) => (mtls ? 'yes' : <span class="warn">no</span>) },
      ]}
    />
  );
}

function OtherEnd({ side, source, destination, authority }: TapLine) {
  const { workload, namespace, address, principal } = side === 'calls' ? destination : source;
  const from = [address.replace(/:\d+$/, ''), principal.replace(/^spiffe:\/\/[^/]+\/ns\//, '')]
    .filter(Boolean)
    .join(' ');
  const unknown = (side === 'calls' ? authority : '') || from;
  return <Name text={workload === '' ? unknown || 'unknown' : `${workload}.${namespace}`} />;
}

function Status({ connection, status, flags, refusedBy }: TapLine) {
  const bad = connection === '' ? status === 0 || status >= 500 : flags !== '';
  return (
    <span class={bad ? 'bad' : ''}>
      {connection === '' ? (status === 0 ? 'none' : status) : connection}{' '}
      {flags === '' ? null : <bdi class="muted">{flags}</bdi>} {refusedBy === '' ? null : <Name text={refusedBy} />}
    </span>
  );
}
