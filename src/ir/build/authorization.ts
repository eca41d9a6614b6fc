import type { ExtensionProvider } from '../../model/extension-provider.ts';
import { type CustomVerdict, externalAuthorizationFor } from '../../policy/authorization/external.ts';
import { type AuthorizationQuery, authorizationFor, onlyLogged } from '../../policy/authorization/select.ts';
import { reliefFor } from '../../policy/emergency/relief.ts';
import type { Snapshot } from '../../registry/snapshot.ts';
import type { AuthorizationIR } from '../types/authorization.ts';
import type { ClusterIR } from '../types/cluster.ts';
import type { OutboundView } from '../types/view.ts';

export interface AuthorizationInputs extends AuthorizationQuery {
  readonly providers: readonly ExtensionProvider[];
  /** Where providers are looked up: all that the namespace sees, whatever a Sidecar resource leaves of it. */
  readonly view: OutboundView | undefined;
}

export interface BuiltAuthorization extends Omit<CustomVerdict, 'refused'> {
  readonly authorization: readonly AuthorizationIR[];
}

/** Who may send what to a workload, and who is asked about it. */
export function buildAuthorization(snapshot: Snapshot, inputs: AuthorizationInputs): BuiltAuthorization {
  const { authz } = reliefFor(snapshot.emergencies, inputs);
  const policies = authz ? onlyLogged(snapshot.authorizationPolicies) : snapshot.authorizationPolicies;
  const clusterOf = (service: string, port: number) => askedCluster(inputs.view, service, port);
  const { refused, ...verdict } = externalAuthorizationFor(policies, { ...inputs, clusterOf });
  return { ...verdict, authorization: authorizationFor(policies, inputs, refused) };
}

/** Whom a proxy itself calls: `[namespace/]host` and a port. Undefined also where the address is the caller's to choose: the proxy itself has none to call. */
export function askedCluster(view: OutboundView | undefined, service: string, port: number): ClusterIR | undefined {
  const slash = service.indexOf('/');
  const [namespace, host] = slash < 0 ? [undefined, service] : [service.slice(0, slash), service.slice(slash + 1)];
  const found = view?.ports.find(
    (entry) =>
      entry.port === port &&
      entry.service.hostname === host &&
      (namespace === undefined || entry.service.namespace === namespace),
  );
  const cluster = found?.clusters[0];
  return cluster?.discovery.kind === 'original' ? undefined : cluster;
}
