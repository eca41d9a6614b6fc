import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { evenly, type Fault, putObject, type Stage } from './fault.ts';

const inAMinute = 500;
/** So many pods later it ends, and that one later still its address answers no more. */
const lives = 25;
const leaves = 8;

/**
 * Pods of a host in use that come and go, 500 in a minute. As objects they are pods of their own; their addresses are all
 * of one pod, which answers at each of them for as long as a real one would.
 */
export function manyPods({ mesh, control, crowdedSeconds }: Stage): Fault {
  const count = Math.round((inAMinute * crowdedSeconds) / 60);
  const put = (name: string, object: object): void => putObject(control, `${name}.json`, object);
  // Each time others: taken away while their pod lives, and given again, they would meet connections of before.
  let block = 96;
  const remove = (name: string): void => rmSync(join(control.objects, `${name}.json`), { force: true });
  return {
    name: `${count} pods come and go in ${crowdedSeconds} s`,
    seconds: crowdedSeconds + 4,
    act: async () => {
      block += 4;
      const real = mesh.pod('default/used-a');
      const prefix = (real.ip ?? '').split('.').slice(0, 2).join('.');
      const addressOf = (turn: number): string => `${prefix}.${block + (turn >> 7)}.${1 + (turn & 127)}`;
      const lines = Array.from({ length: count }, (_, turn) => `addr add ${addressOf(turn)}/32 dev eth0`);
      const [program = '', ...args] = real.enter?.(['ip', '-batch', '-']) ?? [];
      execFileSync(program, args, { input: `${lines.join('\n')}\n` });
      const template = real.object.object;
      const nameOf = (turn: number) => `used-a-crowd-${turn}`;
      const podOf = (turn: number): object => {
        const { metadata, status } = template as { metadata: object; status: object };
        const ip = addressOf(turn);
        return {
          ...{ ...template, metadata: { ...metadata, name: nameOf(turn), uid: nameOf(turn) } },
          status: { ...status, podIP: ip, podIPs: [{ ip }] },
        };
      };
      const endpointOf = (turn: number, now: number): object => {
        const ends = turn <= now - lives;
        const conditions = { ready: !ends, serving: true, terminating: ends };
        const targetRef = { kind: 'Pod', namespace: 'default', name: nameOf(turn), uid: nameOf(turn) };
        return { addresses: [addressOf(turn)], conditions, targetRef };
      };
      const slice = (now: number): void => {
        const alive = Array.from({ length: lives + leaves }, (_, back) => now - back).filter(
          (turn) => turn >= 0 && turn < count,
        );
        put('crowd-slice', {
          ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
          metadata: { name: 'used-a-crowd', namespace: 'default', labels: { 'kubernetes.io/service-name': 'used-a' } },
          ports: [{ name: 'http', protocol: 'TCP', port: 9080 }],
          endpoints: alive.map((turn) => endpointOf(turn, now)),
        });
      };
      try {
        await evenly(count + lives + leaves, crowdedSeconds, (turn) => {
          if (turn < count) put(`crowd-pod-${turn}`, podOf(turn));
          slice(turn);
          remove(`crowd-pod-${turn - lives - leaves}`);
        });
      } finally {
        remove('crowd-slice');
        for (let turn = 0; turn < count; turn++) remove(`crowd-pod-${turn}`);
      }
    },
  };
}
