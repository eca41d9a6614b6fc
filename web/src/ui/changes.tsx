import type { ChangeRow, ChangesPage } from '../../../src/dashboard/api-types.ts';
import { printRoute } from '../data/route.ts';
import { useResource } from '../data/use-resource.ts';
import { formatAge } from '../format/numbers.ts';
import { Name } from './name.tsx';
import { Table } from './table.tsx';

const lateMs = 60_000;
/** Below them stands what the page is for. */
const most = 12;

/** On the graph: how much has changed in the last minute, and the way to what. */
export function ChangeCount() {
  const { value } = useResource<ChangesPage>('changes', 5000);
  const late = value?.changes.filter(({ at }) => at > value.now - lateMs).length ?? 0;
  if (late === 0) return null;
  return (
    <a href="#/config">
      {late} {late === 1 ? 'change' : 'changes'} in the last minute
    </a>
  );
}

/** What somebody, or something, did to the mesh. */
export function Changes() {
  const { value } = useResource<ChangesPage>('changes', 5000);
  if (value === undefined) return null;
  const { now, since, changes } = value;
  if (changes.length === 0)
    return (
      <p class="muted">
        Nothing has changed in the last {formatAge(Math.min(900_000, Math.max(0, now - since)))}: no resource, no
        service, no pod.
      </p>
    );
  return (
    <details class="changes" open={changes.some(({ at }) => at > now - lateMs)}>
      <summary>
        Changed in the last 15 minutes ({changes.length}), newest {formatAge(now - (changes[0]?.at ?? 0))} ago
      </summary>
      <Table
        caption="What has changed"
        rows={changes.slice(0, most)}
        keyOf={({ at, what, kind, namespace, name }) => `${at} ${what} ${kind} ${namespace}/${name}`}
        columns={[
          { title: 'When', cell: ({ at }) => <When at={at} now={now} /> },
          { title: 'What', cell: ({ what }) => what },
          { title: 'Kind', cell: ({ kind }) => <Name text={kind} /> },
          { title: 'Name', cell: (row) => <Changed {...row} /> },
          { title: 'Namespace', cell: ({ namespace }) => <Name text={namespace} /> },
        ]}
      />
      {changes.length > most ? <p class="muted">and {changes.length - most} before</p> : null}
    </details>
  );
}

function When({ at, now }: Pick<ChangeRow, 'at'> & Pick<ChangesPage, 'now'>) {
  return (
    <>
      {formatAge(now - at)} ago <span class="muted">{new Date(at).toLocaleTimeString()}</span>
    </>
  );
}

function Changed({ kind, namespace, name, what, hasPage }: ChangeRow) {
  if (!hasPage || what === 'removed') return <Name text={name} />;
  return (
    <a href={printRoute(['config', kind, namespace, name])}>
      <Name text={name} />
    </a>
  );
}
