import { expect, test } from 'vitest';
import { Deliveries } from './deliveries.ts';
import { foundWorlds, placedAt, worldOf } from './found-worlds.ts';
import { noCertificates } from './in-memory.ts';

/** In every delivery; the same before real proxies is in `envoy/real-envoy.test.ts`. */
const placesIn = (outcome: string) => [...outcome.matchAll(/\\"address\\":\\"([^\\]*)/g)].map(([, place]) => place);

test.each(foundWorlds)('$what', ({ yaml, calls }) => {
  const told = new Deliveries(worldOf(yaml, noCertificates));
  for (const { call, places } of calls)
    for (const [delivery, outcome] of told.outcomes(placedAt('lazy', call)))
      expect([delivery, ...placesIn(outcome)]).toEqual([delivery, ...places]);
});
