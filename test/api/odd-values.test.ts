import { expect, test } from 'vitest';
import { kinds } from '../../src/schema/kinds.ts';
import { oddCase, randomFrom } from './odd-values.ts';
import { outcomeOf } from './outcome.ts';
import { casesOf, world } from './proofs.ts';

/** Another seed: OUTRIGGER_SEED. More than these of each kind: OUTRIGGER_MUTATIONS. */
const seed = Number(process.env['OUTRIGGER_SEED'] ?? 20_261_121);

const turns = Number(process.env['OUTRIGGER_MUTATIONS'] ?? 150);

test.each(kinds.map(({ kind }) => kind))(
  'whatever stands in a %s, it is refused or proxies get something that can be sent',
  (kind) => {
    const random = randomFrom(seed);
    const cases = casesOf(kind);
    let refused = 0;
    for (let turn = 0; turn < turns; turn++) {
      const candidate = cases[turn % cases.length];
      if (candidate === undefined) throw new Error(`there are no cases of ${kind}`);
      const { name, objects } = oddCase(candidate, random);
      try {
        if (outcomeOf([...world, ...objects]) === undefined) refused++;
      } catch (error) {
        throw new Error(`${name} (seed ${seed})`, { cause: error });
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(turns);
  },
  30_000 + turns * 100,
);
