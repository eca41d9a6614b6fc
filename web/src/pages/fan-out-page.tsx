import type { FanOutPage as Answer } from '../../../src/dashboard/api-types.ts';
import { useResource } from '../data/use-resource.ts';
import { formatMs, formatRate } from '../format/numbers.ts';
import { Name } from '../ui/name.tsx';
import { ShareBar } from '../ui/share-bar.tsx';
import { PageSource } from '../ui/source-line.tsx';
import { Empty, With } from '../ui/states.tsx';
import { Table } from '../ui/table.tsx';

export function FanOutPage() {
  const resource = useResource<Answer>('fan-out', 10_000);
  return (
    <main class="page" id="main">
      <h1>Fan-out</h1>
      <p class="lead">
        How many calls one request from outside makes, level by level, and how much time the proxies add at each.
      </p>
      <PageSource />
      <With resource={resource} what="the calls of each request">
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty title="No requests enter the mesh">
              An entry is a workload or gateway that is called from outside and calls others.
            </Empty>
          ) : (
            [...entries]
              .sort((a, b) => b.callsPerRequest - a.callsPerRequest)
              .map((entry) => <Entry key={entry.workload} {...entry} />)
          )
        }
      </With>
    </main>
  );
}

function Entry({ workload, callsPerRequest, levels }: Answer['entries'][number]) {
  const most = Math.max(1, ...levels.map((level) => level.calls));
  const known = levels.flatMap(({ addedMs }) => (addedMs === null ? [] : [addedMs]));
  const added = known.reduce((sum, ms) => sum + ms, 0);
  return (
    <section class="card">
      <h2>
        <Name text={workload} />
      </h2>
      <p>
        <strong>{formatRate(callsPerRequest)}</strong> calls per request
        {known.length === 0 ? null : (
          <>
            ; the mesh adds <strong>{formatMs(added)}</strong> in all
          </>
        )}
      </p>
      <Table
        caption={`Levels below ${workload}`}
        rows={levels}
        keyOf={(row) => String(row.level)}
        columns={[
          { title: 'Level', cell: (row) => row.level },
          {
            title: 'Calls per request',
            cell: (row) => <ShareBar share={row.calls / most} words={formatRate(row.calls)} />,
          },
          { title: 'Who is called', cell: (row) => <Called to={row.to} /> },
          { title: 'The mesh adds', kind: 'number', cell: (row) => formatMs(row.addedMs) },
        ]}
      />
    </section>
  );
}

function Called({ to }: Pick<Answer['entries'][number]['levels'][number], 'to'>) {
  return (
    <>
      {to.map(({ namespace, name, calls }, index) => (
        <span key={`${namespace}/${name}`}>
          {index === 0 ? '' : ', '}
          <Name text={name} /> <span class="muted">×{formatRate(calls)}</span>
        </span>
      ))}
    </>
  );
}
