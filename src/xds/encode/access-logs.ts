import protobuf from 'protobufjs/minimal.js';

/** A message of envoy.service.accesslog.v3.AccessLogService, as far as taps need it. */
export interface TapMessage {
  /** In the first message of a stream alone. */
  readonly from?: { readonly logName: string; readonly nodeId: string };
  readonly entries: readonly TapEntry[];
}

/** Of envoy.data.accesslog.v3.HTTPAccessLogEntry or TCPAccessLogEntry; '' and 0 for what is not there. */
export interface TapEntry {
  /** '' is a request. */
  readonly connection: '' | 'opened' | 'closed';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly durationMs: number;
  readonly downstream: string;
  readonly upstream: string;
  readonly flags: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly version: number;
  readonly authority: string;
  readonly path: string;
  readonly bytesReceived: number;
  readonly status: number;
  /** Why it is this one: `via_upstream`, `rbac_access_denied_matched_policy[none]`. */
  readonly details: string;
  readonly bytesSent: number;
}

/** Of one message of any kind; and tags of one entry. A buffer of a proxy holds some dozens of entries, and we ask for seven tags. */
const [mostFields, mostTags] = [2000, 16];

/** Fields by number; of several the last counts but where all are asked for. Throws for what is no message, or one of too many parts. */
class Fields {
  readonly #fields = new Map<number, (number | Uint8Array)[]>();

  constructor(bytes: Uint8Array) {
    const reader = protobuf.Reader.create(bytes);
    for (let count = 0; reader.pos < reader.len; count++) {
      if (count === mostFields) throw new RangeError('a message of too many fields');
      const tag = reader.uint32();
      const value = readValue(reader, tag & 7);
      if (value === undefined) continue;
      const known = this.#fields.get(tag >>> 3);
      if (known === undefined) this.#fields.set(tag >>> 3, [value]);
      else known.push(value);
    }
  }

  number(id: number): number {
    const value = this.#fields.get(id)?.at(-1);
    return typeof value === 'number' ? value : 0;
  }

  text(id: number): string {
    const value = this.#fields.get(id)?.at(-1);
    return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
  }

  message(id: number): Fields {
    return this.messages(id, -1)[0] ?? new Fields(new Uint8Array());
  }

  /** The first ones, or from the end. */
  messages(id: number, most = mostFields): Fields[] {
    const all = this.#fields.get(id) ?? [];
    const some = most < 0 ? all.slice(most) : all.slice(0, most);
    return some.flatMap((value) => (value instanceof Uint8Array ? [new Fields(value)] : []));
  }

  get ids(): number[] {
    return [...this.#fields.keys()];
  }
}

function readValue(reader: protobuf.Reader, wire: number): number | Uint8Array | undefined {
  if (wire === 0) return Number(reader.uint64());
  if (wire === 2) return reader.bytes();
  reader.skipType(wire);
  return undefined;
}

/** StreamAccessLogsMessage: identifier (1), and of http_logs (2) and tcp_logs (3) one. */
export function readTapMessage(bytes: Uint8Array): TapMessage {
  const message = new Fields(bytes);
  const [identifier] = message.messages(1);
  const requests = message.message(2).messages(1).map(readRequest);
  const entries = [...requests, ...message.message(3).messages(1).flatMap(readConnection)];
  if (identifier === undefined) return { entries };
  return { from: { logName: identifier.text(2), nodeId: identifier.message(1).text(1) }, entries };
}

function readRequest(entry: Fields): TapEntry {
  const [request, response] = [entry.message(3), entry.message(4)];
  return {
    ...readCommon(entry.message(1)),
    connection: '',
    version: entry.number(2),
    authority: request.text(3),
    path: request.text(10) || request.text(5),
    bytesReceived: request.number(12),
    status: response.message(1).number(1),
    details: response.text(6),
    bytesSent: response.number(3),
  };
}

/** AccessLogType: TcpUpstreamConnected (1), TcpPeriodic (2), TcpConnectionEnd (3). */
const moments = new Map<number, TapEntry['connection']>([
  [1, 'opened'],
  [3, 'closed'],
]);

/** Nothing for what goes on. */
function readConnection(entry: Fields): TapEntry[] {
  const [common, counted] = [entry.message(1), entry.message(2)];
  const connection = moments.get(common.number(33));
  if (connection === undefined) return [];
  const bytes = { bytesReceived: counted.number(1), bytesSent: counted.number(2) };
  return [{ ...readCommon(common), connection, version: 0, authority: '', path: '', status: 0, details: '', ...bytes }];
}

function readCommon(common: Fields) {
  return {
    at: timeOf(common.message(5)),
    durationMs: timeOf(common.message(common.ids.includes(23) ? 23 : 12)),
    downstream: addressOf(common.message(2)),
    upstream: addressOf(common.message(13)),
    flags: flagsOf(common.message(16)),
    tags: Object.fromEntries(common.messages(22, mostTags).map((tag) => [tag.text(1), known(tag.text(2))])),
  };
}

/** Envoy writes a dash for what is not there. */
const known = (text: string) => (text === '-' ? '' : text);

/** Timestamp and Duration: seconds (1), nanos (2), as milliseconds. */
const timeOf = (fields: Fields) => fields.number(1) * 1000 + fields.number(2) / 1e6;

/** Address: socket_address (1) with address (2) and port_value (3). */
function addressOf(address: Fields): string {
  const socket = address.message(1);
  const [host, port] = [socket.text(2), socket.number(3)];
  if (host === '') return '';
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** https://www.envoyproxy.io/docs/envoy/latest/api-v3/data/accesslog/v3/accesslog.proto, by number of the field. */
const flagNames = [
  ...['', 'LH', 'UH', 'UT', 'LR', 'UR', 'UF', 'UC', 'UO', 'NR', 'DI', 'FI', 'RL', 'UAEX', 'RLSE', 'DC', 'URX', 'SI'],
  ...['IH', 'DPE', 'UMSDR', 'RFCF', 'NFCF', 'DT', 'UPE', 'NC', 'OM', 'DF', 'DR'],
];

const flagsOf = (flags: Fields) => flags.ids.flatMap((id) => flagNames[id] ?? []).join(',');
