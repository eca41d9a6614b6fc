import { OutriggerError } from '../../errors.ts';

/** What one replica tells another: `tap`, `line`, `leftOut`, as to a page. */
export interface PeerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** `data` is JSON text. */
export function writeEvent(event: string, data: string): Buffer {
  return Buffer.from(`{"event":${JSON.stringify(event)},"data":${data}}`);
}

/** Throws OR2003. */
export function readEvent(bytes: Buffer): PeerEvent {
  const { event, data } = readObject(bytes);
  if (typeof event !== 'string') throw new OutriggerError('OR2003', 'it is no event of a replica');
  return { event, data };
}

/** Throws OR2003. */
export function readObject(bytes: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new OutriggerError('OR2003', 'it is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OutriggerError('OR2003', 'it is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}
