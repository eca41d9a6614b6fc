import type { Static } from 'typebox';
import { flag, listOf, mapOf, message, text, texts, whole } from '../build.ts';
import { type Check, printValue, type Report } from '../problem.ts';
import { isLabelKey } from './label.ts';

/** `region`, `region/zone`, `region/zone/subzone`, each part but the first also `*`; or `*` alone. */
const checkLocality: Check<string> = (value, report) => {
  const parts = value.split('/');
  const star = parts.indexOf('*');
  if (parts.length > 3 || parts.includes('') || (star >= 0 && star < parts.length - 1))
    report({
      code: 'OR1657',
      message: `${printValue(value)} must be region, region/zone or region/zone/subzone; a star may end it`,
    });
};

const Distribute = message(
  {
    from: text('Where requests come from: region/zone/subzone.', checkLocality),
    to: mapOf(whole('Per cent.', { minimum: 1, maximum: 100 }), 'Share of each locality, together 100.'),
  },
  { description: 'Shares of localities.', check: ({ to = {} }, report) => checkShares(to, report) },
);

function checkShares(to: Readonly<Record<string, number>>, report: Report): void {
  const sum = Object.values(to).reduce((total, share) => total + share, 0);
  if (sum !== 100) report({ at: ['to'], code: 'OR1651', message: `the shares must sum up to 100, not ${sum}` });
  for (const locality of Object.keys(to))
    checkLocality(locality, (finding) => report({ ...finding, at: ['to', locality] }));
}

const topology = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

export const Failover = message(
  { from: text('A region.'), to: text('The region that takes over.') },
  {
    description: 'Which region takes over.',
    check: ({ from, to }, report) => {
      if (from === to) report({ at: ['to'], code: 'OR1655', message: 'from and to must be different regions' });
      for (const [name, region] of Object.entries({ from, to })) {
        if (region?.includes('*') || region?.includes('/'))
          report({ at: [name], code: 'OR1657', message: `${printValue(region)} must be the name of a region` });
      }
    },
  },
);

export const failoverPriority = texts(
  'Labels by which endpoints are near, the most important first; label or label=value.',
  (value, report) => {
    if (!isLabelKey(value.split('=')[0] ?? ''))
      report({ code: 'OR1657', message: `${printValue(value)} must be a label or label=value` });
  },
);

export const LocalityLbSetting = message(
  {
    enabled: flag('Whether locality counts; none given means as in the mesh.'),
    distribute: listOf(Distribute, 'Shares of localities.'),
    failover: listOf(Failover, 'Which region takes over.'),
    failoverPriority,
  },
  {
    description: 'How near endpoints are preferred.',
    check: (setting, report) => {
      const { distribute = [], failover = [], failoverPriority = [] } = setting;
      if (distribute.length > 0 && failover.length > 0)
        report({ code: 'OR1645', message: 'only one of distribute and failover may be given' });
      for (const [index, label] of failoverPriority.entries()) {
        if (failover.length > 0 && topology.includes(label))
          report({
            at: ['failoverPriority', index],
            code: 'OR1645',
            message: `${label} may not be given with failover`,
          });
      }
    },
  },
);

export type LocalityLbSetting = Static<typeof LocalityLbSetting>;
