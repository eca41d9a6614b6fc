import { admitProxy } from '../../discovery/admit-proxy.ts';
import { OutriggerError } from '../../errors.ts';
import type { TapLine } from '../../model/tap.ts';
import type { Workload } from '../../model/workload.ts';
import { refusalOf } from '../../observe/refusal.ts';
import type { Taps } from '../../observe/taps.ts';
import { isTapped } from '../../policy/telemetry/taps.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { TapStreams } from '../../wire/access-log-service.ts';
import type { TapEntry } from '../../xds/encode/access-logs.ts';

const versions = ['', 'HTTP/1.0', 'HTTP/1.1', 'HTTP/2', 'HTTP/3'] as const;

/**
 * What proxies tell, to whoever looks. Who a proxy is follows from its token: it can tell of itself alone, and only for taps that are
 * for it.
 */
export function tapStreams(taps: Taps, snapshot: () => Snapshot): TapStreams {
  return {
    isOpen: (id) => taps.find(id) !== undefined,
    begin: (id, peer, nodeId) => {
      const claims = { id: nodeId, cluster: '', metadata: {}, userAgent: '', envoyVersion: '', delta: true };
      const workload = admitProxy(snapshot(), peer, claims);
      const tap = taps.find(id);
      if (tap === undefined || !isTapped(workload, tap.target))
        throw new OutriggerError('OR2401', `${workload.id} is not what is looked at`);
      const listening: (() => void)[] = [];
      return {
        take: (entries) =>
          taps.take(
            id,
            entries.map((entry) => lineOf(entry, workload)),
          ),
        onEnd: (listener) => listening.push(taps.onEnd(id, listener)),
        close: () => {
          for (const end of listening) end();
        },
      };
    },
  };
}

/** Texts are as long as a request's head may be, and terminals and pages are narrower. */
const longest = 2000;
const short = (text: string | undefined) => (text ?? '').slice(0, longest);

export function lineOf(entry: TapEntry, { id, namespace, workloadName }: Workload): TapLine {
  const { tags } = entry;
  const side = tags['side'] === 'calls' ? 'calls' : 'served';
  const own = { workload: workloadName, namespace };
  const other = { workload: short(tags['workload']), namespace: short(tags['namespace']) };
  const [source, destination] = side === 'calls' ? [own, other] : [other, own];
  const principals = { source: short(tags['source']), destination: short(tags['destination']) };
  return {
    at: Math.round(entry.at),
    ...{ proxy: id, side, connection: entry.connection },
    source: { ...source, principal: principals.source, address: entry.downstream },
    destination: { ...destination, principal: principals.destination, address: entry.upstream },
    method: short(tags['method']),
    authority: short(entry.connection === '' ? entry.authority : calledBy(tags)),
    path: short(withoutQuery(entry.path)),
    status: entry.status,
    flags: entry.flags,
    refusedBy: short(refusalOf(entry.details)),
    durationMs: Math.round(entry.durationMs * 1000) / 1000,
    bytesReceived: entry.bytesReceived,
    bytesSent: entry.bytesSent,
    protocol: versions[entry.version] ?? '',
    mtls: (side === 'calls' ? principals.destination : principals.source) !== '',
  };
}

/** `db.shop.svc.cluster.local:5432`; '' of what is no service. */
function calledBy({ host = '', port = '' }: TapEntry['tags']): string {
  return host === '' ? '' : `${host}:${port}`;
}

/** What people search for, and with which keys, is nobody's business; that there was a query is. */
function withoutQuery(path: string): string {
  const at = path.search(/[?#]/);
  return at < 0 ? path : `${path.slice(0, at)}?…`;
}
