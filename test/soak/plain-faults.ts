import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { arrived, change, evenly, type Fault, putObject, type Stage, versionAt } from './fault.ts';
import { broken, crowd, lockdown, redirect, strict } from './manifests.ts';

const changesPerSecond = 100;

export function killed({ control }: Stage): Fault {
  return {
    ...{ name: 'killed and restarted', seconds: 6 },
    act: async () => {
      await control.kill();
      await delay(1_000);
      await control.restart();
    },
  };
}

export function frozen({ control }: Stage): Fault {
  return {
    ...{ name: 'frozen for 3 s', seconds: 5 },
    act: async () => {
      control.freeze();
      await delay(3_000);
      control.thaw();
    },
  };
}

/** A hundred changes a second: how far behind the clients are meanwhile, and when the last one is there. */
export function storm(stage: Stage): Fault {
  const { crowdedSeconds, versions, clients, control } = stage;
  const count = crowdedSeconds * changesPerSecond;
  return {
    ...{ name: `${count} changes in ${crowdedSeconds} s`, seconds: crowdedSeconds + 3 },
    act: async () => {
      const late: number[] = [];
      const madeAt = new Map<number, number>();
      let looking: Promise<unknown> = Promise.resolve();
      const look = async (): Promise<void> => {
        const [client = ''] = clients;
        const asked = performance.now();
        const seen = await versionAt(stage, client);
        late.push(Math.max(0, asked - (madeAt.get(seen + 1) ?? asked)));
      };
      const begun = performance.now();
      await evenly(count, crowdedSeconds, (turn) => {
        if (turn % changesPerSecond === changesPerSecond - 1) looking = looking.then(look);
        const route = redirect(`/v${versions.next()}`).replace(/---$/, '');
        madeAt.set(versions.last, performance.now());
        putObject(control, 'VirtualService_default_moved.json', parse(route));
      });
      const took = (performance.now() - begun) / 1000;
      const ms = await arrived(stage, 5_000);
      await looking;
      await change(stage);
      const figures = `${Math.round(count / took)} changes a second, at most ${Math.round(Math.max(...late))} ms late`;
      console.info(`storm: ${figures}; the last was with all after ${Math.round(ms)} ms`);
      // Of a machine with nothing else to do it is a quarter of a second.
      expect(Math.max(...late)).toBeLessThan(5_000);
    },
  };
}

export function realPods({ mesh, servers }: Stage): Fault {
  return {
    ...{ name: 'pods come and go', seconds: 12 },
    act: async () => {
      await mesh.apply('servers.yaml', servers(3));
      await delay(3_500);
      await mesh.apply('servers.yaml', servers(1));
    },
  };
}

export function manyEndpoints({ mesh }: Stage): Fault {
  return {
    ...{ name: 'a service of 5,000 endpoints', seconds: 5 },
    act: async () => {
      await mesh.apply('crowd.yaml', crowd(5_000));
      await delay(1_500);
      await mesh.apply('crowd.yaml', crowd(4_999));
      await delay(1_500);
      await mesh.remove('crowd.yaml');
    },
  };
}

export function policies({ mesh, clients }: Stage): Fault {
  return {
    ...{ name: 'policies', seconds: 5 },
    act: async () => {
      await mesh.apply('policies.yaml', strict);
      await delay(1_200);
      await mesh.apply('policies.yaml', `${strict}${lockdown(clients)}`);
      await delay(1_200);
      await mesh.remove('policies.yaml');
    },
  };
}

export function unreadable({ mesh }: Stage): Fault {
  return {
    ...{ name: 'files that nobody can read', seconds: 4 },
    act: async () => {
      for (const text of broken) {
        await mesh.apply('broken.yaml', text);
        await delay(400);
      }
      await mesh.remove('broken.yaml');
    },
  };
}
