import { isIPv4, isIPv6 } from 'node:net';
import type { Answer } from 'dns-packet';
import { aliveName } from '../model/mesh-dns.ts';
import {
  fitted,
  type Query,
  type Reply,
  readQuery,
  readRecords,
  writeFault,
  writeQuery,
  writeReply,
} from './message.ts';
import type { KnownName, KnownPods, NameTable } from './name-table.ts';

export type Transport = 'udp' | 'tcp';

/** The mesh as the one who asks sees it. */
export interface Sight extends KnownPods {
  readonly table: NameTable;
}

export interface MeshDnsOptions {
  /** By the address that a query came from; undefined for who is not of the mesh. */
  readonly sightOf: (address: string) => Sight | undefined;
  /** A whole message to a resolver of the cluster, its answer back; undefined where none came. */
  readonly ask: (query: Buffer, transport: Transport, client: string) => Promise<Buffer | undefined>;
}

const ttlSeconds = 30;
const mostHops = 8;
/** Records beyond would not fit into one message of TCP. */
const mostRecords = 1000;
/** SVCB and HTTPS tell addresses, too: those of a name that the mesh has others for would lead past it. */
const addressHints = ['UNKNOWN_64', 'UNKNOWN_65'];

/** Answers what the mesh knows, and has all else answered by a resolver of the cluster. */
export class MeshDns {
  readonly #options: MeshDnsOptions;

  constructor(options: MeshDnsOptions) {
    this.#options = options;
  }

  /** Never rejects; undefined where nothing can be said. */
  async answer(bytes: Buffer, client: string, transport: Transport): Promise<Buffer | undefined> {
    const query = readQuery(bytes);
    if (query === undefined) return writeFault(bytes);
    if (query.name === aliveName) return writeReply(query, nothing, transport);
    const chain = this.#follow(query, client);
    if (chain === undefined) return this.#forward(query, { bytes, client, transport });
    if (isOther(query.type)) return this.#forwardKnown(query, { bytes, client, transport });
    const { records, last, found } = chain;
    if (found !== undefined)
      return writeReply(query, { code: 'NOERROR', records: [...records, ...addresses(last, found, query)] }, transport);
    const outside = await this.#ask(writeQuery(last, query.type), { client, transport: 'tcp' });
    const further = outside === undefined ? undefined : readRecords(outside);
    const reply: Reply = further === undefined ? failed : { code: 'NOERROR', records: [...records, ...further] };
    return writeReply(query, reply, transport);
  }

  /** From alias to alias; `found` is undefined where the last name is none of the mesh. */
  #follow({ name, asked }: Query, client: string): Chain | undefined {
    const sight = this.#options.sightOf(client);
    const find = (wanted: string) => sight?.table.find(wanted, sight);
    const records: Answer[] = [];
    let last = asked;
    let found = find(name);
    if (found === undefined) return undefined;
    for (let hops = 0; found?.alias !== undefined && hops < mostHops; hops++) {
      records.push({ type: 'CNAME', name: last, ttl: ttlSeconds, data: found.alias });
      last = found.alias;
      found = find(last);
    }
    return { records, last, found };
  }

  async #forward(query: Query, from: From): Promise<Buffer> {
    const answer = await this.#ask(from.bytes, from);
    return answer === undefined ? writeReply(query, failed, from.transport) : fitted(query, answer, from.transport);
  }

  /** TXT and others of a name that the mesh knows: it is there, whoever else has not heard of it. */
  async #forwardKnown(query: Query, from: From): Promise<Buffer> {
    if (addressHints.includes(query.type)) return writeReply(query, nothing, from.transport);
    const answer = await this.#forward(query, from);
    const isNameError = (answer.readUInt16BE(2) & 0xf) === 3;
    return isNameError ? writeReply(query, nothing, from.transport) : answer;
  }

  #ask(bytes: Buffer, { client, transport }: Omit<From, 'bytes'>): Promise<Buffer | undefined> {
    return this.#options.ask(bytes, transport, client);
  }
}

interface From {
  readonly bytes: Buffer;
  readonly client: string;
  readonly transport: Transport;
}

interface Chain {
  readonly records: readonly Answer[];
  readonly last: string;
  readonly found: KnownName | undefined;
}

const nothing: Reply = { code: 'NOERROR', records: [] };
const failed: Reply = { code: 'SERVFAIL', records: [] };

function isOther(type: string): boolean {
  return !['A', 'AAAA', 'ANY', 'CNAME'].includes(type);
}

/** Of a name without addresses of the wanted family there are none, which is no error. */
function addresses(name: string, found: KnownName, { type }: Query): Answer[] {
  const four = type === 'A' || type === 'ANY' ? found.addresses.filter(isIPv4) : [];
  const six = type === 'AAAA' || type === 'ANY' ? found.addresses.filter(isIPv6) : [];
  const records = [
    ...four.map((data): Answer => ({ type: 'A', name, ttl: ttlSeconds, data })),
    ...six.map((data): Answer => ({ type: 'AAAA', name, ttl: ttlSeconds, data })),
  ];
  return records.slice(0, mostRecords);
}
