import { setTimeout as delay } from 'node:timers/promises';
import { arrived, change, type Fault, type Stage } from './fault.ts';

/** The `src/main.ts` of a checkout of another version; this one without it. */
const other = process.env['OUTRIGGER_SOAK_OTHER'];

export const ports = { this: 15_112, other: 15_212 } as const;

/** A second control plane, of another version, beside the first: proxies are moved from one to the other and back, all or some. */
export function twoVersions(stage: Stage): Fault {
  const { control, balancer } = stage;
  const turns = [[ports.other], [ports.this], [ports.this, ports.other], [ports.other], [ports.this, ports.other]];
  return {
    name: `two control planes, ${other === undefined ? 'of one version' : `the other ${other}`}`,
    seconds: 30,
    act: async () => {
      const beside = await control.beside([`discovery.port=${ports.other}`, 'server.port=0'], other);
      const took: number[] = [];
      try {
        for (const where of turns) {
          balancer?.use(where);
          balancer?.cut();
          await change(stage);
          took.push(await arrived(stage, 10_000));
          await delay(500);
        }
      } finally {
        balancer?.use([ports.this]);
        balancer?.cut();
        await beside.stop();
      }
      console.info(`two versions: after each move a change arrived, in ${took.map(Math.round).join(' ')} ms`);
    },
  };
}
