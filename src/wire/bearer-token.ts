import { OutriggerError } from '../errors.ts';

/** Of an `authorization` header. Throws OR2004. */
export function bearerToken(header: string): string {
  const token = /^bearer +([^ ]+)$/i.exec(header)?.[1];
  if (token === undefined) throw new OutriggerError('OR2004', 'the stream has no "authorization: Bearer …"');
  return token;
}
