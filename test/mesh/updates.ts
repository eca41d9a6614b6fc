import { isObject } from '../../src/model/json.ts';
import type { TestMesh } from './fixture.ts';

/** When each resource that came over the stream was last written, by type and name; certificates are renewed and left out. */
export async function updatesOf(mesh: TestMesh, id: string): Promise<Readonly<Record<string, string>>> {
  const dump: unknown = JSON.parse(await mesh.admin(id, '/config_dump'));
  const found: Record<string, string> = {};
  collect(dump, '', found);
  return found;
}

/** Fields of a dump in which a resource stands. */
const holders = ['cluster', 'listener', 'route_config'];
const lists = ['configs', 'active_state', 'dynamic_active_clusters', 'dynamic_listeners', 'dynamic_route_configs'];

function collect(value: unknown, list: string, found: Record<string, string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, list, found);
    return;
  }
  if (!isObject(value)) return;
  const resource = holders.map((holder) => value[holder]).find(isObject);
  if (resource !== undefined) found[`${list} ${String(resource.name)}`] = String(value['last_updated']);
  for (const name of lists) collect(value[name], name, found);
}
