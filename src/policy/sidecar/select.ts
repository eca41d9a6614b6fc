import type { Config } from '../../registry/snapshot.ts';
import type { Sidecar } from '../../schema/kinds.ts';
import { type Client, hasLabels } from '../client.ts';

/**
 * The Sidecar of a client: one that selects it, else one of its namespace without selector, else one of a root namespace;
 * of several on one level the oldest. https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecarOf(
  configs: readonly Config<Sidecar>[],
  client: Client,
  rootNamespaces: readonly string[],
): Config<Sidecar> | undefined {
  const own = configs.filter(({ namespace }) => namespace === client.namespace);
  return (
    own.find((config) => isSelecting(config) && hasLabels(client.labels, labelsOf(config))) ??
    own.find((config) => !isSelecting(config)) ??
    configs.find((config) => rootNamespaces.includes(config.namespace) && !isSelecting(config))
  );
}

const labelsOf = ({ spec }: Config<Sidecar>) => spec.workloadSelector?.labels;
const isSelecting = (config: Config<Sidecar>) => Object.keys(labelsOf(config) ?? {}).length > 0;
