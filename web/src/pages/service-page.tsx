import type { ServicePage as Answer, DashboardState, EndpointRow } from '../../../src/dashboard/api-types.ts';
import { pathOf } from '../data/api.ts';
import { printRoute } from '../data/route.ts';
import { useResource } from '../data/use-resource.ts';
import { readNodeId } from '../format/names.ts';
import { nothing } from '../format/numbers.ts';
import { AskedProxies, LeftBy } from '../ui/asked-proxies.tsx';
import { EdgeTable } from '../ui/edge-table.tsx';
import { GoldenCharts } from '../ui/golden-signals.tsx';
import { HealthLine } from '../ui/health-line.tsx';
import { HealthGlyph } from '../ui/marks.tsx';
import { Name } from '../ui/name.tsx';
import { OutsideLinks } from '../ui/outside-links.tsx';
import { PolicyList } from '../ui/policy-list.tsx';
import { ShareBar } from '../ui/share-bar.tsx';
import { PageSource } from '../ui/source-line.tsx';
import { With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

interface ServicePageProps {
  readonly namespace: string;
  readonly name: string;
  readonly links: DashboardState['links'];
}

export function ServicePage({ namespace, name, links }: ServicePageProps) {
  const resource = useResource<Answer>(`services/${pathOf(namespace, name)}`, 5000);
  return (
    <main class="page" id="main">
      <p class="crumbs">
        <a href="#/services">Services</a> / <Name text={namespace} />
      </p>
      <h1>
        <Name text={name} />
      </h1>
      <PageSource />
      <With resource={resource} what="the service">
        {(page) => (
          <>
            <HealthLine health={page.health} calls={page.inbound} />
            <p class="muted">
              <Name text={page.host} />{' '}
              {page.ports.map(({ port, name: portName, protocol }) => `${port} ${portName} (${protocol})`).join(', ')}
            </p>
            <OutsideLinks links={links} values={{ service: page.traced }} />
            <GoldenCharts signals={page.signals} />
            <EdgeTable
              caption="Called by"
              edges={page.inbound}
              end="source"
              none="Nobody has called it in this time."
              beside={{
                title: 'Called version',
                cell: ({ target }) => <Name text={readNodeId(target).version} />,
              }}
            />
            <PolicyList policies={page.policies} />
            <Split split={page.split} rulesBefore={page.rulesBefore} />
            <Endpoints endpoints={page.endpoints} namespace={namespace} />
            <Ejections ejections={page.ejections} asked={page.asked} />
          </>
        )}
      </With>
    </main>
  );
}

/** Off by more than this, of 1, is told: chance alone moves a share by less once some hundred requests are counted. */
const tolerance = 0.05;

function Split({ split, rulesBefore }: Pick<Answer, 'split' | 'rulesBefore'>) {
  if (split.length === 0) return null;
  return (
    <>
      <Table
        caption="Versions: what routes say, and what was counted"
        rows={split}
        keyOf={(row) => row.version}
        columns={[
          { title: 'Version', cell: (row) => <Name text={row.version} strong /> },
          {
            title: 'Configured',
            cell: ({ configured }) =>
              configured === null ? <span class="muted">no route says</span> : <ShareBar share={configured} />,
          },
          { title: 'Observed', cell: ({ observed }) => (observed === null ? nothing : <ShareBar share={observed} />) },
          {
            title: 'Difference',
            cell: ({ configured, observed }) => {
              if (configured === null || observed === null) return nothing;
              const off = observed - configured;
              if (Math.abs(off) <= tolerance) return <span class="muted">as configured</span>;
              return (
                <span
                  class={rulesBefore > 0 ? 'muted' : 'warn'}
                >{`${off > 0 ? '+' : '−'}${(Math.abs(off) * 100).toFixed(1)} points`}</span>
              );
            },
          },
        ]}
      />
      {rulesBefore === 0 || split.every(({ configured }) => configured === null) ? null : (
        <p class="muted">
          Configured are the shares of the last rule. {rulesBefore === 1 ? 'The rule' : `The ${rulesBefore} rules`}{' '}
          before it
          {rulesBefore === 1 ? ' is' : ' are'} for some requests, so that a difference may be meant.
        </p>
      )}
    </>
  );
}

/** A proxy tells how many it has ejected, unasked; which, when somebody looks. */
function Ejections({ ejections, asked }: Pick<Answer, 'ejections' | 'asked'>) {
  if (ejections.length === 0) return <p class="muted">No client's proxy has ejected an endpoint.</p>;
  return (
    <>
      <Table
        caption="Ejected by clients, for failing"
        rows={ejections}
        keyOf={({ client, port, subset }) => `${client} ${port} ${subset}`}
        columns={[
          { title: 'Client', cell: ({ client }) => <Name text={client} /> },
          { title: 'Port', kind: 'number', cell: ({ port }) => port },
          {
            title: 'Subset',
            cell: ({ subset }) => (subset === '' ? <span class="muted">all</span> : <Name text={subset} />),
          },
          { title: 'Endpoints', kind: 'number', cell: ({ ejected }) => <span class="bad">{ejected} ejected</span> },
          { title: 'By proxies', kind: 'number', cell: ({ pods }) => pods },
        ]}
      />
      <AskedProxies asked={asked} />
    </>
  );
}

const healthOf: Record<EndpointRow['health'], 'healthy' | 'failing' | 'degraded' | 'idle' | 'unknown'> = {
  healthy: 'healthy',
  unhealthy: 'failing',
  ejected: 'degraded',
  draining: 'idle',
  unknown: 'unknown',
};

function Endpoints({ endpoints, namespace }: Pick<Answer, 'endpoints'> & { readonly namespace: string }) {
  if (endpoints.length === 0)
    return <p class="bad">No endpoints: every request to it fails. Its selector fits no ready pod.</p>;
  return (
    <Table
      caption={`Endpoints (${endpoints.length})`}
      rows={endpoints}
      keyOf={(row) => row.address}
      columns={[
        { title: 'Address', cell: (row) => <Name text={row.address} /> },
        {
          title: 'Workload',
          cell: (row) =>
            row.workload === '' ? (
              <span class="muted">none</span>
            ) : (
              <a href={printRoute(['workloads', namespace, row.workload])}>
                <Name text={row.workload} />
              </a>
            ),
        },
        { title: 'Version', cell: (row) => <Name text={row.version} /> },
        {
          title: 'Health',
          cell: ({ health, leftBy }) => (
            <div class="mark">
              <HealthGlyph state={healthOf[health]} /> {leftBy.length === 0 ? health : <LeftBy leftBy={leftBy} />}
            </div>
          ),
        },
      ]}
    />
  );
}
