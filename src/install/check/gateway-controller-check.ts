import { OutriggerError } from '../../errors.ts';
import { isObject, type JsonObject } from '../../model/json.ts';
import { textAt } from '../../model/json-fields.ts';
import { istioGatewayController } from '../../schema/dialect-kinds.ts';
import type { InstallCluster } from '../cluster.ts';
import { type CheckLine, ok, warning } from './check-line.ts';

const gatewayApi = '/apis/gateway.networking.k8s.io/v1';

/**
 * Gateways of Istio's classes are served by us, too. While istiod runs both write their statuses: each write of the one calls
 * for one of the other. Nothing is said of a cluster without such Gateways, or to whoever may not list them.
 */
export async function sharedGatewaysCheck(cluster: Pick<InstallCluster, 'list'>, group: string): Promise<CheckLine[]> {
  const [classes, gateways, istiods] = await Promise.all([
    listed(cluster, `${gatewayApi}/gatewayclasses`),
    listed(cluster, `${gatewayApi}/gateways`),
    listed(cluster, '/apis/apps/v1/deployments', { labelSelector: 'app=istiod' }),
  ]);
  const names = new Set(
    classes
      .filter((object) => textAt(object, 'spec', 'controllerName') === istioGatewayController)
      .map((object) => textAt(object, 'metadata', 'name')),
  );
  const shared = gateways.filter((object) => names.has(textAt(object, 'spec', 'gatewayClassName')));
  const text = 'no other control plane serves the same Gateways of Gateway API';
  if (shared.length === 0) return [];
  if (istiods.length === 0) return [ok(group, text)];
  const places = shared.map(
    (object) => `${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`,
  );
  const more = places.length > 5 ? ` and ${places.length - 5} more` : '';
  return [
    warning(group, text, {
      reason: `Istio runs, and ${places.slice(0, 5).join(', ')}${more} are of its classes: both would write their statuses`,
      hint: 'give those that move `gatewayClassName: outrigger`, one after the other: docs/dialects.md, "Beside a running Istio"',
    }),
  ];
}

/** It is for advice: a right that is missing is no failure. */
async function listed(
  cluster: Pick<InstallCluster, 'list'>,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<JsonObject[]> {
  const found = await cluster.list(path, query).catch((error: unknown) => {
    if (error instanceof OutriggerError && error.code === 'OR2503') return [];
    throw error;
  });
  return found.filter(isObject);
}
