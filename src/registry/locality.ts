import type { Locality } from '../model/endpoint.ts';
import type { SourceObject } from '../source/object-source.ts';
import type { Reading } from './input.ts';
import { textMapAt } from './json-fields.ts';

export const nowhere: Locality = { region: '', zone: '', subzone: '' };

/** The labels of a node that tell where it is; nothing else of it matters. */
export function readNode({ object }: SourceObject): Reading<Locality> {
  const labels = textMapAt(object, 'metadata', 'labels');
  const value = {
    region: labels['topology.kubernetes.io/region'] ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? '',
    subzone: labels['topology.istio.io/subzone'] ?? '',
  };
  return { value, problems: [] };
}

/** `region/zone/subzone`; in a label, which may hold no slash, `region.zone.subzone`. */
export function parseLocality(text: string): Locality {
  const [region = '', zone = '', subzone = ''] = text.split(text.includes('/') ? '/' : '.');
  return { region, zone, subzone };
}

export function isKnown(locality: Locality): boolean {
  return locality.region !== '' || locality.zone !== '' || locality.subzone !== '';
}
