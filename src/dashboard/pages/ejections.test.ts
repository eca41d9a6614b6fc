import { describe, expect, test } from 'vitest';
import type { Workload } from '../../model/workload.ts';
import { emptySnapshot } from '../../registry/snapshot.ts';
import type { EndpointLook } from '../endpoint-looks.ts';
import { askEjecting } from './ejections.ts';
import { leavers } from './left-endpoints.ts';
import type { World } from './world.ts';

const host = 'db.shop.svc.cluster.local';
const printed = 'outbound|80||db shop_svc_cluster_local_';

function worldOf(pods: Readonly<Record<string, readonly string[]>>, look: (proxy: string) => EndpointLook | undefined) {
  const workloads = Object.entries(pods).flatMap(([workloadName, names]) =>
    names.map((name) => ({ id: `shop/${name}`, namespace: 'shop', workloadName, meshed: true }) as unknown as Workload),
  );
  const snapshot = { ...emptySnapshot, workloads: new Map(workloads.map((workload) => [workload.id, workload])) };
  const asked: string[] = [];
  const world = {
    mesh: { snapshot: () => snapshot },
    useOf: (id: string) => ({ ejected: new Map(id.endsWith('-well') ? [] : [[printed, 1]]) }),
    looks: {
      look: (proxy: string) => {
        asked.push(proxy);
        return look(proxy);
      },
    },
  } as unknown as World;
  return { world, asked };
}

describe('who is asked', () => {
  const asking = () => ({ state: 'asking' }) as const;

  test('three at most of those that have ejected some, of as many clients as there are; always the same', () => {
    const { world, asked } = worldOf(
      { web: ['web-3', 'web-1', 'web-2', 'web-well'], cart: ['cart-2', 'cart-1'] },
      asking,
    );
    const { others } = askEjecting(world, host);
    expect([asked, others]).toEqual([['cart-1', 'web-1', 'cart-2'].map((name) => `shop/${name}`), 2]);
    expect(askEjecting(world, 'other.shop.svc.cluster.local')).toEqual({ asked: [], others: 0 });
  });

  test('those that cannot be asked for lack of room are counted', () => {
    const { world } = worldOf({ web: ['web-1'] }, () => undefined);
    expect(askEjecting(world, host)).toEqual({ asked: [], others: 1 });
  });
});

describe('who does without an endpoint', () => {
  const told = (client: string, ...endpoints: readonly [string, string, number][]) => ({
    ...{ proxy: `${client}-1`, client },
    look: {
      state: 'told' as const,
      answer: {
        ...{ at: 9, total: 1 },
        endpoints: endpoints.map(([cluster, address, since]) => ({
          cluster,
          address,
          since,
          flags: ['failed_outlier_check'],
        })),
      },
    },
  });
  const of = (client: string, subset: string, since: number) => ({
    client,
    subset,
    since,
    flags: ['failed_outlier_check'],
  });

  test('each client once, since its first proxy saw it; by port and subset', () => {
    const by = leavers(
      [
        told('shop/web', [`outbound|80||${host}`, '10.1.0.7:80', 5], [`outbound|80|v2|${host}`, '10.1.0.7:80', 6]),
        told('shop/web', [`outbound|80||${host}`, '10.1.0.7:80', 3]),
        told('shop/cart', [`outbound|80||${host}`, '10.1.0.7:80', 4]),
        { proxy: 'shop/new-1', client: 'shop/new', look: { state: 'asking' } },
      ],
      host,
    );
    expect(by(80, '10.1.0.7:80')).toEqual([of('shop/web', '', 3), of('shop/web', 'v2', 6), of('shop/cart', '', 4)]);
    expect([by(81, '10.1.0.7:80'), by(80, '10.1.0.8:80')]).toEqual([[], []]);
  });

  test('what is said of other services is not of this page', () => {
    const by = leavers([told('shop/web', ['outbound|80||other.shop.svc.cluster.local', '10.1.0.7:80', 5])], host);
    expect(by(80, '10.1.0.7:80')).toEqual([]);
  });
});
