import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { kindKey } from '../../schema/dialect-kinds.ts';
import { scopeOf } from '../known-kinds.ts';
import { objectKey, type SourceObject } from '../object-source.ts';
import { tlsContent } from '../tls-content.ts';
import { type FileFact, factOf } from './gather-facts.ts';
import type { FileObject } from './parse-objects.ts';

/** One object of a file that the mesh reads. */
export interface FileItem {
  readonly key: string;
  readonly object: SourceObject;
  /** What it states as a namespace or node. */
  readonly fact: FileFact | undefined;
}

const nameForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const namespaceForm = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Undefined for kinds that nothing reads, and for objects that only a cluster would name. Throws OR1606. */
export function itemOf(item: FileObject): FileItem | undefined {
  const scope = scopeOf(item.apiVersion, item.kind);
  const metadata = isObject(item.object.metadata) ? item.object.metadata : {};
  if (scope === undefined || (metadata.name === undefined && metadata.generateName !== undefined)) return undefined;
  const content = item.kind === 'Secret' ? tlsContent(item.object) : item.object;
  if (content === undefined) return undefined;
  const fact = factOf(item);
  const object = sourceObject(item, content, scope === 'cluster' ? '' : namespaceOf(item, metadata));
  return { key: objectKey(object), object, fact };
}

function sourceObject(item: FileObject, object: JsonObject, namespace: string): SourceObject {
  const { apiVersion, kind } = item;
  const metadata = isObject(object.metadata) ? object.metadata : {};
  const { name, generation } = metadata;
  if (typeof name !== 'string' || !nameForm.test(name)) {
    const detail = `metadata.name must be a name as Kubernetes takes for a ${kind}`;
    throw new OutriggerError('OR1606', detail, { at: item.at('metadata', 'name') });
  }
  const place = { kind: kindKey(apiVersion, kind), namespace, name };
  const origin = { ...place, ...(typeof generation === 'number' ? { generation } : {}), at: item.at() };
  return { apiVersion, ...place, object, origin };
}

/** As `kubectl apply` takes it: what names no namespace goes to `default`. */
function namespaceOf(item: FileObject, metadata: JsonObject): string {
  const { namespace = null } = metadata;
  if (namespace === null || namespace === '') return 'default';
  if (typeof namespace === 'string' && namespaceForm.test(namespace)) return namespace;
  const detail = `metadata.namespace must be the name of a namespace`;
  throw new OutriggerError('OR1606', detail, { at: item.at('metadata', 'namespace') });
}
