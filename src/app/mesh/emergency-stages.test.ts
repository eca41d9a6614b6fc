import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { turningAnnotation } from '../../policy/emergency/relief.ts';
import type { ObjectChanges, SourceObject } from '../../source/object-source.ts';
import { type EmergencyEvent, EmergencyStages } from './emergency-stages.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const minute = 60_000;

function emergency(level: string, ttl: string, creationTimestamp: string | undefined = new Date(start).toISOString()) {
  const place = { kind: 'Emergency', namespace: 'shop', name: 'e' };
  const object = {
    apiVersion: 'outrigger.io/v1alpha1',
    kind: 'Emergency',
    metadata: { name: 'e', namespace: 'shop', ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    spec: { level, ttl, reason: 'INC-7', by: 'alice' },
  };
  return { apiVersion: 'outrigger.io/v1alpha1', ...place, object, origin: place } satisfies SourceObject;
}

const key = 'Emergency shop/e';

function playedFrom(time: number) {
  let now = time;
  let pending: { at: number; run: () => void } | undefined;
  const shown = new Map<string, SourceObject>();
  const events: EmergencyEvent[] = [];
  const accept = ({ upserts, removals }: ObjectChanges): void => {
    for (const gone of removals) shown.delete(gone);
    for (const object of upserts) shown.set(`${object.kind} ${object.namespace}/${object.name}`, object);
  };
  const stages = new EmergencyStages({
    now: () => now,
    after: (ms, run) => {
      pending = { at: now + ms, run };
      return () => {
        pending = undefined;
      };
    },
    onChange: accept,
    tell: (event) => events.push(event),
  });
  return {
    events,
    shown,
    put: (object: SourceObject) => accept(stages.apply({ upserts: [object], removals: [] })),
    remove: () => accept(stages.apply({ upserts: [], removals: [key] })),
    pass: (ms: number) => {
      const end = now + ms;
      while (pending !== undefined && pending.at <= end) {
        const { at, run } = pending;
        now = at;
        pending = undefined;
        run();
      }
      now = end;
    },
    state: () => {
      const object = shown.get(key)?.object as { metadata: { annotations?: Record<string, string> } } | undefined;
      if (object === undefined) return 'over';
      return object.metadata.annotations?.[turningAnnotation] ?? 'on';
    },
  };
}

describe('an emergency', () => {
  test('ends by itself, and says so', () => {
    const played = playedFrom(start + minute);
    played.put(emergency('authz', '15m'));
    expect(played.state()).toBe('on');
    played.pass(14 * minute - 1000);
    expect(played.state()).toBe('on');
    played.pass(2000);
    expect(played.state()).toBe('over');
    expect(played.events.map(({ what }) => what)).toEqual(['in force', 'over']);
    expect(played.events[0]).toMatchObject({ at: 'shop/e', level: 'authz', reason: 'INC-7', by: 'alice' });
  });

  test('that was over before the control plane started is never seen', () => {
    const played = playedFrom(start + 16 * minute);
    played.put(emergency('authz', '15m'));
    expect(played.state()).toBe('over');
    expect(played.events).toEqual([]);
  });

  test('that is deleted is over at once', () => {
    const played = playedFrom(start);
    played.put(emergency('plaintext', '15m'));
    played.remove();
    expect(played.state()).toBe('over');
  });

  test('a bypass lets clients without TLS in a little before and a little longer, and ends at its own proxies first, however it ends', () => {
    for (const end of ['ttl', 'off'] as const) {
      const played = playedFrom(start);
      played.put(emergency('bypass', '1m'));
      expect(played.state()).toBe('lets-in');
      played.pass(6000);
      expect(played.state()).toBe('on');
      if (end === 'off') played.remove();
      else played.pass(minute - 6000 + 10);
      expect(played.state()).toBe('ends');
      played.pass(5_010);
      expect(played.state()).toBe('lets-in');
      played.pass(6_000);
      expect(played.state()).toBe('over');
      expect(played.events.map(({ what }) => what)).toEqual(['in force', 'over']);
    }
  });

  test('made in the future of this clock counts from now, one of a file from when it was seen', () => {
    const future = playedFrom(start);
    future.put(emergency('authz', '1m', new Date(start + 3_600_000).toISOString()));
    future.pass(minute + 10);
    expect(future.state()).toBe('over');
    const file = playedFrom(start);
    file.put(emergency('authz', '2m', ''));
    file.pass(minute);
    file.put(emergency('authz', '2m', ''));
    file.pass(minute + 10);
    expect(file.state()).toBe('over');
  });

  test('is gone when it is changed into one that is over, while it goes through its end', () => {
    const played = playedFrom(start);
    played.put(emergency('bypass', '10m'));
    played.pass(10 * minute + 2_000);
    expect(played.state()).toBe('ends');
    played.put(emergency('authz', '10m'));
    expect(played.state()).toBe('over');
  });

  test.each(['x', '0s', '-1m', '25h'])('for %s is left to the registry, which refuses it', (ttl) => {
    const played = playedFrom(start);
    played.put(emergency('authz', ttl));
    played.pass(100 * minute);
    expect(played.shown.has(key)).toBe(true);
    expect(played.events).toEqual([]);
  });

  test('is never in force for longer than it said, whatever happens meanwhile', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('put' as const), level: fc.constantFrom('authz', 'bypass') }),
        fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 5 * minute }) }),
        fc.record({ do: fc.constant('remove' as const) }),
      ),
    );
    fc.assert(
      fc.property(steps, (list) => {
        const played = playedFrom(start);
        for (const step of list) {
          if (step.do === 'put') played.put(emergency(step.level, '10m'));
          else if (step.do === 'pass') played.pass(step.ms);
          else played.remove();
        }
        played.pass(10 * minute + 20_000);
        expect(played.state()).toBe('over');
      }),
    );
  });
});
