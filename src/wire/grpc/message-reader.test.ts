import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageReader, messageHead, type ProtocolFault } from './message-reader.ts';
import { statusHeaders } from './status.ts';

const most = 300;
const messages = fc.array(
  fc.uint8Array({ maxLength: most }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 12 },
);

test('messages come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.flatMap((message) => [messageHead(message.length), message]));
      const reader = new MessageReader(most);
      const came: Buffer[] = [];
      for (let [at, turn] = [0, 0]; at < bytes.length; turn++) {
        const size = cuts[turn % cuts.length] ?? 1;
        came.push(...reader.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(came).toEqual(sent);
      expect(reader.between).toBe(true);
    }),
  );
});

test('a message that is cut off is seen', () => {
  const reader = new MessageReader(most);
  expect(reader.push(Buffer.of(0, 0, 0, 0, 2, 7))).toEqual([]);
  expect(reader.between).toBe(false);
});

test.each([
  ['longer than may be', Buffer.from([0, 0, 0, 1, 45]), 8],
  ['compressed', Buffer.from([1, 0, 0, 0, 0]), 12],
  ['of a flag that does not exist', Buffer.from([2, 0, 0, 0, 0]), 12],
])('%s: refused by its head alone', (_, head, code) => {
  expect(() => new MessageReader(most).push(head)).toThrow(
    expect.objectContaining<Partial<ProtocolFault>>({ status: expect.objectContaining({ code }) }),
  );
});

test('the message of a status is ASCII, and a percent sign is none', () => {
  expect(statusHeaders({ code: 14, message: 'say "100 %…"\n' })).toEqual({
    'grpc-status': '14',
    'grpc-message': 'say "100 %25%E2%80%A6"%0A',
  });
});
