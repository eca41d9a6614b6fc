/** A question of a DNS query: https://www.rfc-editor.org/rfc/rfc1035#section-4 */
export interface Question {
  /** Lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: 'A' | 'CNAME' | 'SRV';
  /** An address, a name, or `priority weight port name`. */
  readonly data: string;
}

export interface DnsAnswer {
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'REFUSED';
  readonly records: readonly DnsRecord[];
}

export const recordTypes = { A: 1, CNAME: 5, AAAA: 28, SRV: 33, ANY: 255 } as const;
const codes = { NOERROR: 0, NXDOMAIN: 3, REFUSED: 5 } as const;
const ttlSeconds = 5;

/** Undefined for what is no query with one question of class IN. */
export function readQuestion(query: Buffer): Question | undefined {
  if (query.length < 17 || (query.readUInt16BE(2) & 0xf800) !== 0 || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const size = query[at] ?? 255;
    if (size === 0) break;
    if (size > 63 || at + 1 + size >= query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + size));
    at += 1 + size;
  }
  if (at + 5 > query.length || query.readUInt16BE(at + 3) !== 1) return undefined;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1) };
}

/** `most` bytes at most: beyond, the answer says that it is cut, and the client asks again by TCP. */
export function writeAnswer(query: Buffer, question: Question, answer: DnsAnswer, most: number): Buffer {
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  const asked = Buffer.concat([writeName(question.name), uint16(question.type), uint16(1)]);
  const records = answer.records.map(writeRecord);
  const size = records.reduce((sum, record) => sum + record.length, head.length + asked.length);
  const cut = size > most;
  const wishes = query.readUInt16BE(2) & 0x0100;
  // An authoritative answer; recursion is said to be there, as stub resolvers want it.
  head.writeUInt16BE(0x8480 | wishes | codes[answer.code] | (cut ? 0x0200 : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(cut ? 0 : records.length, 6);
  return Buffer.concat([head, asked, ...(cut ? [] : records)]);
}

function writeRecord({ name, type, data }: DnsRecord): Buffer {
  const body = writeData(type, data);
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(ttlSeconds);
  return Buffer.concat([writeName(name), uint16(recordTypes[type]), uint16(1), ttl, uint16(body.length), body]);
}

function writeData(type: DnsRecord['type'], data: string): Buffer {
  if (type === 'A') return Buffer.from(data.split('.').map(Number));
  if (type === 'CNAME') return writeName(data);
  const [priority, weight, port, target = ''] = data.split(' ');
  return Buffer.concat([uint16(Number(priority)), uint16(Number(weight)), uint16(Number(port)), writeName(target)]);
}

function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]),
    Buffer.from([0]),
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
