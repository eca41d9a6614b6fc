import { OutriggerError } from '../errors.ts';
import { nearest } from '../model/nearest.ts';
import type { Service } from '../model/service.ts';
import type { Workload } from '../model/workload.ts';
import type { Snapshot } from '../registry/snapshot.ts';

/**
 * The pod that a person means: `POD`, `POD.NAMESPACE`, `NAMESPACE/POD`, `deploy/NAME`; the beginning of a name is enough, as
 * pods of a folder have names that nobody wrote. Throws OR2531.
 */
export function findWorkload(snapshot: Snapshot, text: string, namespace: string): Workload {
  const all = [...snapshot.workloads.values(), ...snapshot.machines.values()];
  const [, kind, rest = ''] = /^(?:([a-z]+)\/)?(.+)$/s.exec(text) ?? [];
  const owned = kind !== undefined && /^(deploy|sts|ds|rs|job)/.test(kind) && !snapshot.namespaces.has(kind);
  const places =
    owned || kind === undefined || /^po(ds?)?$/.test(kind)
      ? dotted(rest, namespace)
      : [{ namespace: kind, name: rest }];
  for (const place of places) {
    const there = all.filter((workload) => workload.namespace === place.namespace);
    const found = owned
      ? there.find(({ workloadName }) => workloadName === place.name)
      : (there.find(({ name }) => name === place.name) ?? there.find(({ name }) => name.startsWith(`${place.name}-`)));
    if (found !== undefined) return found;
  }
  const known = all.flatMap(({ id, namespace: own, workloadName }) => [id, `${own}/${workloadName}`]);
  const near = nearest(`${namespace}/${rest}`, known);
  const where = [...new Set(places.map((place) => place.namespace))].join(' or ');
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new OutriggerError('OR2531', `there is no pod ${text} in namespace ${where}${hint}`);
}

/** `SERVICE`, `SERVICE.NAMESPACE`, or the whole host. Throws OR2537. */
export function findService(snapshot: Snapshot, text: string, namespace: string): Service {
  const name = text.replace(/^(svc|services?)\//, '');
  const whole = snapshot.services.find(
    ({ hostname }) => hostname === name || (hostname.startsWith(`${name}.`) && name.endsWith('.svc')),
  );
  if (whole !== undefined) return whole;
  for (const place of dotted(name, namespace)) {
    const found = snapshot.services.find(
      (service) =>
        service.registry === 'kubernetes' && service.namespace === place.namespace && service.name === place.name,
    );
    if (found !== undefined) return found;
  }
  const near = nearest(
    name,
    snapshot.services.flatMap((service) => [service.name, service.hostname]),
  );
  throw new OutriggerError(
    'OR2537',
    `there is no service ${text}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}

function dotted(text: string, namespace: string): { namespace: string; name: string }[] {
  const dot = text.lastIndexOf('.');
  const own = { namespace, name: text };
  return dot <= 0 ? [own] : [{ namespace: text.slice(dot + 1), name: text.slice(0, dot) }, own];
}
