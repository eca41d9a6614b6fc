import { expect, test } from 'vitest';
import { EventReader } from './event-stream.ts';

test('events come out whole, however the text is cut', () => {
  const text = ': hello\n\nevent: graph\ndata: {"a":\ndata: 1}\n\ndata:x\r\n\r\nevent: lost\n\n';
  for (let size = 1; size < text.length; size++) {
    const reader = new EventReader();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...reader.read(text.slice(at, at + size)));
    expect(found, `pieces of ${size}`).toEqual([
      { event: 'graph', data: '{"a":\n1}' },
      { event: 'message', data: 'x' },
    ]);
  }
});

test('what is not ended yet is kept back', () => {
  const reader = new EventReader();
  expect(reader.read('data: 1\n')).toEqual([]);
  expect(reader.read('\n')).toEqual([{ event: 'message', data: '1' }]);
});
