import { expect, test } from 'vitest';
import { distributionOf } from './traffic-distribution.ts';

test.each<[string, string, string | undefined]>([
  ['', '', undefined],
  ['PreferClose', '', 'zone'],
  ['PreferSameZone', '', 'zone'],
  ['PreferSameNode', 'PreferClose', 'node'],
  ['', 'preferclose', 'zone'],
  ['', 'Any', undefined],
  ['Unheard', 'PreferSameNode', 'node'],
])('%j, annotated %j', (given, annotated, expected) => {
  const annotations = { 'networking.istio.io/traffic-distribution': annotated };
  expect(distributionOf(given, annotations).trafficDistribution).toBe(expected);
});
