import { lookup } from 'node:dns/promises';
import { OutriggerError } from '../../errors.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import { gatewayNames } from '../../policy/network/networks.ts';
import type { Registry } from '../../registry/registry.ts';
import { wireClock } from '../../wire/clock.ts';
import { GatewayNames } from './gateway-names.ts';

/** The registry knows by and by the addresses of the gateways that it names. `fail` is told OR2413. */
export function gatewayLookup(
  registry: Registry,
  given: MeshSettings,
  fail: (error: OutriggerError) => void,
): GatewayNames {
  const names = new GatewayNames({
    resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
    after: wireClock.after,
    onAddresses: (addresses) => registry.learnGatewayAddresses(addresses),
    onFailure: (name, why) => fail(new OutriggerError('OR2413', `${name}: ${why}`)),
  });
  let last: readonly unknown[] = [];
  registry.onSnapshot(({ services, settings = given }) => {
    if (last[0] === services && last[1] === settings) return;
    last = [services, settings];
    names.want(gatewayNames({ services, settings }));
  });
  return names;
}
