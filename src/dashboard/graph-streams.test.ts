import type { FastifyReply } from 'fastify';
import { expect, test } from 'vitest';
import { noCounts } from '../observe/call-counts.ts';
import { GraphStreams } from './graph-streams.ts';
import { Graphs } from './graphs.ts';

test('whoever went away before they were let in leaves no stream and nobody who watches', () => {
  let watchers = 0;
  const counts = {
    ...noCounts,
    watch: () => {
      watchers += 1;
      return () => undefined;
    },
  };
  const inventory = () => ({ workloads: [], isInside: () => true });
  const streams = new GraphStreams(new Graphs({ counts, inventory, now: () => 0 }), counts, 4);
  for (let turn = 0; turn < 10; turn++)
    streams.add(
      { hijack: () => undefined, raw: { destroyed: true } } as unknown as FastifyReply,
      { renew: async () => undefined },
      60,
    );
  expect([streams.open, watchers]).toEqual([0, 0]);
  streams.close();
});
