import { type Answer, decode, encode, type Packet, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';

/** A question of class IN, and what its answer has to repeat. */
export interface Query {
  readonly id: number;
  /** As it was sent: resolvers look at the case of the letters. */
  readonly asked: string;
  /** Lower case, without the last dot. */
  readonly name: string;
  /** `A`, `AAAA`, …, `UNKNOWN_65`. */
  readonly type: string;
  /** The client counts on recursion. */
  readonly wishes: boolean;
  /** Bytes that the client takes by UDP; undefined without EDNS. */
  readonly udpBytes: number | undefined;
}

export interface Reply {
  readonly code: keyof typeof codes;
  readonly records: readonly Answer[];
}

const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, REFUSED: 5 } as const;
/** What every network carries in one piece (https://www.dnsflagday.net/2020/). */
export const mostUdpBytes = 1232;
const leastUdpBytes = 512;
const headerBytes = 12;
/** Answer, authoritative, recursion available. */
const answerFlags = 0x8480;

/** Undefined for what is no query with one question of class IN. */
export function readQuery(bytes: Buffer): Query | undefined {
  const packet = decoded(bytes);
  const [question, ...others] = packet?.questions ?? [];
  if (packet?.type !== 'query' || packet.opcode !== 'QUERY' || question === undefined || others.length > 0)
    return undefined;
  if (question.class !== 'IN') return undefined;
  const edns = packet.additionals?.find((record) => record.type === 'OPT');
  return {
    id: packet.id ?? 0,
    asked: question.name,
    name: question.name.toLowerCase(),
    type: question.type,
    wishes: ((packet.flags ?? 0) & RECURSION_DESIRED) !== 0,
    udpBytes: edns?.type === 'OPT' ? edns.udpPayloadSize : undefined,
  };
}

/** Undefined for what cannot be read. */
export function readRecords(bytes: Buffer): readonly Answer[] | undefined {
  return decoded(bytes)?.answers;
}

export function writeQuery(name: string, type: string): Buffer {
  const questions = [{ name, type, class: 'IN' }] as Packet['questions'] & object;
  return encode({ type: 'query', id: 0, flags: RECURSION_DESIRED, questions });
}

/** What does not fit is left out whole, and the client told to ask by TCP. */
export function writeReply(query: Query, reply: Reply, transport: 'udp' | 'tcp'): Buffer {
  const full = encodeReply(query, reply, 0);
  if (transport === 'tcp' || full.length <= mostFor(query)) return full;
  return encodeReply(query, { ...reply, records: [] }, TRUNCATED_RESPONSE);
}

/** Somebody else's answer within what the client takes; beyond, it is told to ask by TCP. */
export function fitted(query: Query, bytes: Buffer, transport: 'udp' | 'tcp'): Buffer {
  if (transport === 'tcp' || bytes.length <= mostFor(query)) return bytes;
  return encodeReply(query, { code: 'NOERROR', records: [] }, TRUNCATED_RESPONSE);
}

/** To what has a header and no readable question; undefined for less, and for answers, which would go on for ever. */
export function writeFault(bytes: Buffer): Buffer | undefined {
  if (bytes.length < headerBytes || (bytes.readUInt16BE(2) & 0x8000) !== 0) return undefined;
  const head = Buffer.alloc(headerBytes);
  head.writeUInt16BE(bytes.readUInt16BE(0), 0);
  head.writeUInt16BE(0x8080 | codes.FORMERR, 2);
  return head;
}

function mostFor({ udpBytes = leastUdpBytes }: Query): number {
  return Math.min(Math.max(udpBytes, leastUdpBytes), mostUdpBytes);
}

function encodeReply(query: Query, { code, records }: Reply, flags: number): Buffer {
  const edns = { type: 'OPT', name: '.', udpPayloadSize: mostUdpBytes, extendedRcode: 0, ednsVersion: 0, flags: 0 };
  const packet = {
    type: 'response',
    id: query.id,
    flags: answerFlags | flags | (query.wishes ? RECURSION_DESIRED : 0) | codes[code],
    questions: [{ name: query.asked, type: query.type, class: 'IN' }],
    answers: [...records],
    additionals: query.udpBytes === undefined ? [] : [{ ...edns, flag_do: false, options: [] }],
  };
  return encode(packet as Packet);
}

function decoded(bytes: Buffer): (Packet & { readonly opcode?: string }) | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}
