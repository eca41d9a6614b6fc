import type { HeaderChangesIR, HeaderValue } from '../../ir/types/route.ts';
import type { Message } from '../resource.ts';

/** The four fields of routes, weighted clusters and virtual hosts; those without content are left out. */
export function translateHeaderChanges(changes: HeaderChangesIR): Message {
  const request = [
    ...options(changes.requestSet, 'OVERWRITE_IF_EXISTS_OR_ADD'),
    ...options(changes.requestAdd, 'APPEND_IF_EXISTS_OR_ADD'),
  ];
  const response = [
    ...options(changes.responseSet, 'OVERWRITE_IF_EXISTS_OR_ADD'),
    ...options(changes.responseAdd, 'APPEND_IF_EXISTS_OR_ADD'),
  ];
  return {
    ...(request.length === 0 ? {} : { request_headers_to_add: request }),
    ...(changes.requestRemove.length === 0 ? {} : { request_headers_to_remove: changes.requestRemove }),
    ...(response.length === 0 ? {} : { response_headers_to_add: response }),
    ...(changes.responseRemove.length === 0 ? {} : { response_headers_to_remove: changes.responseRemove }),
  };
}

function options(values: readonly HeaderValue[], action: string): Message[] {
  return values.map(({ name, value }) => ({ header: { key: name, value }, append_action: action }));
}
