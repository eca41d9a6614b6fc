import type { SourceObject } from '../source/object-source.ts';
import type { DialectProblem } from './dialect.ts';
import { readGatewayApi } from './gateway-api/routes.ts';
import type { Status } from './gateway-api/statuses.ts';
import { ingressStatuses, readIngresses } from './ingress/ingress.ts';
import { meshVirtualServices, profilesAndSplits } from './mesh-hosts.ts';
import type { World } from './world.ts';

export interface Translation {
  /** Of Istio's kinds. */
  readonly objects: readonly SourceObject[];
  readonly statuses: readonly Status[];
  readonly problems: readonly DialectProblem[];
}

/** All that other dialects say, in Istio's words. */
export function translateDialects(world: World): Translation {
  // A route with several parents is read for each.
  const problems = new Map<string, DialectProblem>();
  const tell = (problem: DialectProblem) => void problems.set(JSON.stringify(problem), problem);
  const profiles = profilesAndSplits(world, tell);
  const routes = readGatewayApi(world, tell);
  const inMesh = meshVirtualServices([...routes.hosts, ...profiles.hosts], world, tell);
  const ingresses = readIngresses(world, tell);
  return {
    objects: [...profiles.objects, ...routes.objects, ...ingresses, ...inMesh],
    statuses: [...routes.statuses, ...ingressStatuses(world)],
    problems: [...problems.values()],
  };
}
