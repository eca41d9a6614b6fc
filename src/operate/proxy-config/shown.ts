import type { JsonObject } from '../../model/json.ts';
import type { ReportedResource, ReportedType } from '../../model/proxy-report.ts';
import type { Table } from '../text/table.ts';

/** What one `proxy-config` command shows: rows for people, Envoy's messages for programs. */
export interface Shown {
  readonly table: Table;
  readonly messages: readonly JsonObject[];
}

/** Where resources come from, as far as the control plane could be asked. */
export type Origins = (type: ReportedType, name: string) => readonly string[];

export const unknownOrigins: Origins = () => [];

export function originsOf(resources: readonly ReportedResource[]): Origins {
  const known = new Map(resources.map(({ type, name, origins }) => [`${type} ${name}`, origins]));
  return (type, name) => known.get(`${type} ${name}`) ?? [];
}

const mostOrigins = 2;

/** A cell: `VirtualService default/reviews spec.http[0] and 3 more`. Where a file is known, that is left to `-o wide`. */
export function originCell(origins: readonly string[]): string {
  const short = [...new Set(origins.map((origin) => origin.replace(/ \([^)]*\)$/, '')))];
  const more = short.length - mostOrigins;
  return `${short.slice(0, mostOrigins).join(', ')}${more > 0 ? ` and ${more} more` : ''}` || '-';
}

/** `reviews.default` of `/apis/networking.istio.io/v1/namespaces/default/destination-rule/reviews`. */
export function configName(path: string): string {
  const [, namespace, name] = /\/namespaces\/([^/]+)\/[^/]+\/([^/]+)$/.exec(path) ?? [];
  return name === undefined ? '' : `${name}.${namespace}`;
}
