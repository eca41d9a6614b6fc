import protobuf from 'protobufjs/minimal.js';
import { expect, test } from 'vitest';
import { OutriggerError } from '../errors.ts';
import type { CallListener, GrpcCall } from './grpc/grpc-call.ts';
import { type Status, statusCodes } from './grpc/status.ts';
import { healthService } from './health-service.ts';

/** Envoy's first message, which names its node. */
function first(): Buffer {
  const writer = protobuf.Writer.create().uint32(10).fork().uint32(10).fork();
  return Buffer.from(writer.uint32(10).string('machine~10.9.0.1~m.shop~x').ldelim().ldelim().finish());
}

/** `status` of its one endpoint: 1 is HEALTHY. */
function report(status: number): Buffer {
  const writer = protobuf.Writer.create().uint32(18).fork().uint32(18).fork().uint32(18).fork().uint32(18).fork();
  return Buffer.from(writer.uint32(16).uint32(status).ldelim().ldelim().ldelim().ldelim().finish());
}

/** A service, its machines, and time that passes when it is told to. */
function start({
  expiresAt = 3_600_000,
  rate = { perSecond: 1, burst: 2 },
  specifier = {},
  delayMs = 0,
  places = 10,
} = {}) {
  let now = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  const clock = {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
  };
  const pass = (ms: number) => {
    now += ms;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  };
  const told: boolean[] = [];
  const taken = new Set<symbol>();
  const asked: string[] = [];
  const serve = healthService({
    authenticator: {
      authenticate: async (token) => {
        asked.push(token);
        return { namespace: 'shop', serviceAccount: 'a', pod: undefined, expiresAt };
      },
    },
    probes: {
      begin: () => ({ specifier, delayMs, report: (healthy) => void told.push(healthy) }),
    },
    enter: () => {
      if (taken.size >= places) throw new OutriggerError('OR2007', 'there are streams already');
      const place = Symbol('place');
      taken.add(place);
      return () => void taken.delete(place);
    },
    ...{ clock, firstMessageMs: 1000, rate },
  });
  /** As `GrpcCall` does: what comes while it is paused waits. */
  const machine = () => {
    let listener: CallListener | undefined;
    let paused = false;
    let status: Status | undefined;
    const came: Buffer[] = [];
    const deliver = () => {
      while (!paused && status === undefined && came.length > 0) listener?.message(came.shift() as Buffer);
    };
    const call = {
      header: () => 'Bearer t',
      listen: (given: CallListener) => {
        listener = given;
      },
      pause: () => {
        paused = true;
      },
      resume: () => {
        paused = false;
        deliver();
      },
      write: () => true,
      end: (given: Status) => {
        status ??= given;
      },
    };
    serve(call as unknown as GrpcCall);
    const say = (bytes: Buffer) => {
      came.push(bytes);
      deliver();
    };
    return { say, status: () => status, close: () => listener?.closed() };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { machine, pass, told, asked, settled, timers: () => timers.length };
}

test('a machine tells for as long as it is there', async () => {
  const { machine, pass, told, settled, timers } = start();
  const one = machine();
  one.say(first());
  await settled();
  pass(1000);
  for (const status of [1, 2]) one.say(report(status));
  expect(told).toEqual([true, false]);
  one.close();
  expect(timers()).toBe(0);
});

test('a stream ends with the token that it was opened with', async () => {
  const { machine, pass, told, settled } = start({ expiresAt: 60_000 });
  const one = machine();
  one.say(first());
  await settled();
  pass(59_999);
  expect(one.status()).toBeUndefined();
  pass(1);
  expect(one.status()?.message).toMatch(/OR2008/);
  one.say(report(1));
  expect(told).toEqual([]);
});

test('nobody is asked about the tokens of more streams than may come', async () => {
  const { machine, asked, settled } = start();
  const all = [1, 2, 3].map(() => machine());
  for (const one of all) one.say(first());
  await settled();
  expect(asked.length).toBe(2);
  expect(all[2]?.status()?.code).toBe(statusCodes.RESOURCE_EXHAUSTED);
});

test('what a machine tells too often waits, and what is no report of one endpoint ends its stream', async () => {
  const { machine, pass, told, settled } = start();
  const one = machine();
  one.say(first());
  await settled();
  for (let nth = 0; nth < 1000; nth++) one.say(report(1));
  expect(told.length).toBeLessThan(30);
  pass(1000);
  expect(told.length).toBeLessThan(40);
  const long = machine();
  long.say(first());
  await settled();
  long.say(Buffer.concat([report(1), Buffer.from([0x7a, 0x80, 0x80, 0x08]), Buffer.alloc(0x20000)]));
  expect(long.status()?.message).toMatch(/OR2003/);
});

test('a check that cannot be written ends its own stream, also where it would go out later', async () => {
  const { machine, pass, settled } = start({ specifier: { cluster_health_checks: 7 }, delayMs: 5000 });
  const { say, status } = machine();
  say(first());
  await settled();
  pass(6000);
  expect(status()?.code).toBe(statusCodes.INTERNAL);
});

test('where there is no place a machine is told so, and one that goes frees its own', async () => {
  const { machine, settled } = start({ places: 1, rate: { perSecond: 1, burst: 9 } });
  const held = machine();
  held.say(first());
  await settled();
  expect(machine().status()?.code).toBe(statusCodes.RESOURCE_EXHAUSTED);
  held.close();
  expect(machine().status()).toBeUndefined();
});
