import type { WorkloadPage as Answer, DashboardState, ProxyRow } from '../../../src/dashboard/api-types.ts';
import { pathOf } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { useResource } from '../data/use-resource.ts';
import { formatAge, formatBytes, formatCores, formatShare } from '../format/numbers.ts';
import { EdgeTable } from '../ui/edge-table.tsx';
import { GoldenCharts } from '../ui/golden-signals.tsx';
import { HealthLine } from '../ui/health-line.tsx';
import { LiveRequests } from '../ui/live-requests.tsx';
import { Logs } from '../ui/log-tail.tsx';
import { Name } from '../ui/name.tsx';
import { OutsideLinks } from '../ui/outside-links.tsx';
import { PolicyList } from '../ui/policy-list.tsx';
import { PageSource } from '../ui/source-line.tsx';
import { With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

interface WorkloadPageProps {
  readonly namespace: string;
  readonly name: string;
  readonly links: DashboardState['links'];
}

export function WorkloadPage({ namespace, name, links }: WorkloadPageProps) {
  const resource = useResource<Answer>(`workloads/${pathOf(namespace, name)}`, 5000);
  return (
    <main class="page" id="main">
      <p class="crumbs">
        <a href="#/workloads">Workloads</a> / <Name text={namespace} />
      </p>
      <h1>
        <Name text={name} />
      </h1>
      <PageSource />
      <With resource={resource} what="the workload">
        {(page) => (
          <>
            <HealthLine health={page.health} calls={page.kind === 'gateway' ? page.outbound : page.inbound} />
            <OutsideLinks links={links} values={{ service: page.traced, workload: `${name}.${namespace}` }} />
            <GoldenCharts signals={page.signals} />
            <EdgeTable
              caption="Called by"
              edges={page.inbound}
              end="source"
              none={
                page.kind === 'gateway'
                  ? 'Callers from outside tell nobody who they are: what it was asked is counted by what it calls.'
                  : 'Nobody has called it in this time.'
              }
            />
            <EdgeTable caption="Calls" edges={page.outbound} end="target" none="It has called nobody in this time." />
            <Proxies proxies={page.proxies} />
            <PolicyList policies={page.policies} />
            <LiveRequests key={`${namespace}/${name}`} namespace={namespace} name={name} />
            <Logs key={`logs ${namespace}/${name}`} namespace={namespace} pods={page.pods} />
          </>
        )}
      </With>
    </main>
  );
}

function Proxies({ proxies }: Pick<Answer, 'proxies'>) {
  if (proxies.length === 0) return <p class="muted">None of its pods has a proxy: it is not part of the mesh.</p>;
  return (
    <Table
      caption="Proxies"
      rows={proxies}
      keyOf={(row) => row.pod}
      columns={[
        { title: 'Pod', cell: (row) => <Name text={row.pod} /> },
        { title: 'Configuration', cell: (row) => <Synced {...row} /> },
        { title: 'Memory', cell: ({ memory }) => <Against {...memory} format={formatBytes} /> },
        { title: 'CPU', cell: ({ cpu }) => <Cpu {...cpu} /> },
        { title: 'Certificate', cell: ({ certificate }) => <Certificate certificate={certificate} /> },
      ]}
    />
  );
}

const meanings: Readonly<Record<ProxyRow['synced'], string>> = {
  SYNCED: 'has all of its configuration',
  STALE: 'has not taken the latest yet',
  NACKED: 'has refused a part of it, and goes on with what it had',
  'NOT SENT': 'has been sent nothing yet',
  DISCONNECTED: 'is not connected, and goes on with what it had',
};

function Synced({ synced, envoy, problem }: ProxyRow) {
  return (
    <>
      <span class={synced === 'SYNCED' ? '' : synced === 'NACKED' || synced === 'DISCONNECTED' ? 'bad' : 'warn'}>
        {synced}
      </span>{' '}
      <span class="muted">{meanings[synced]}</span>
      {envoy === '' ? null : <span class="muted">, Envoy {envoy}</span>}
      {problem === undefined ? null : (
        <>
          {' '}
          <bdi class="muted">{problem}</bdi>
        </>
      )}
    </>
  );
}

interface AgainstProps {
  readonly used: number | null;
  readonly limit: number | null;
  readonly format: (value: number | null) => string;
}

function Against({ used, limit, format }: AgainstProps) {
  if (limit === null)
    return (
      <>
        {format(used)} {used === null ? '' : <span class="muted">no limit</span>}
      </>
    );
  const share = used === null ? null : used / limit;
  return (
    <span class={share !== null && share > 0.9 ? 'bad' : ''}>
      {format(used)} of {format(limit)}{' '}
      <span class="muted">{share === null ? '' : formatShare(Math.round(share * 100) / 100)}</span>
    </span>
  );
}

/** Envoy has no figure of its CPU, and none is made up. */
function Cpu(cpu: ProxyRow['cpu']) {
  if (cpu.used !== null) return <Against {...cpu} format={formatCores} />;
  return (
    <span class="muted">
      {cpu.limit === null ? 'no limit' : `limit ${formatCores(cpu.limit)}`}; used:{' '}
      <code>kubectl top pod --containers</code>
    </span>
  );
}

function Certificate({ certificate }: Pick<ProxyRow, 'certificate'>) {
  if (certificate === null) return <span class="muted">none</span>;
  const left = certificate.expires - now.value;
  return (
    <>
      <Name text={certificate.identity} />{' '}
      <span class={left < 3_600_000 ? 'bad' : 'muted'}>{left > 0 ? `ends in ${formatAge(left)}` : 'has expired'}</span>
    </>
  );
}
