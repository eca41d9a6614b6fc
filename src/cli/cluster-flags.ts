import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ControlPlaneReports, controlPlaneAt, forwardedControlPlane } from '../cluster-access/control-plane.ts';
import { type PodPorts, podPorts } from '../cluster-access/port-forward.ts';
import type { KubeConnection } from '../source/kubernetes/connection.ts';
import { createCredentials } from '../source/kubernetes/credentials.ts';
import { certificateFile, namespaceName, portNumber } from './flag-values.ts';
import { openConnection } from './talking-connection.ts';

/** Of every command that looks at a cluster. */
export interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

export interface ClusterAccess {
  readonly connection: KubeConnection;
  readonly ports: PodPorts;
}

export function addClusterOptions(command: Command): Command {
  return command
    .option('-c, --kubeconfig <file>', 'configuration of the cluster (default: as kubectl finds it)')
    .option('--context <name>', 'context of the kubeconfig')
    .option('-n, --namespace <name>', 'namespace (default: that of the context)', namespaceName);
}

export function accessOf({ kubeconfig, context }: ClusterFlags): ClusterAccess {
  const chosen = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  return { connection: openConnection(createCredentials(chosen)), ports: podPorts(chosen) };
}

export interface ControlPlaneFlags extends ClusterFlags {
  readonly istioNamespace: string;
  readonly controlPlanePort: number;
  readonly controlPlaneUrl: readonly URL[];
  readonly caFile?: string;
}

export function addControlPlaneOptions(command: Command): Command {
  return command
    .option('-i, --istioNamespace <name>', 'namespace of the control plane', namespaceName, 'outrigger-system')
    .option('--control-plane-port <port>', 'HTTPS port of the control plane', portNumber, 15_017)
    .option(
      '--control-plane-url <https://host:port>',
      'ask a replica at this address instead; may be given again',
      (text: string, before: readonly URL[]) => [...before, urlOf(text, ['https:'])],
      [],
    )
    .option('--ca-file <file>', 'CA of the replicas at --control-plane-url', certificateFile);
}

export function reportsOf(flags: ControlPlaneFlags): ControlPlaneReports {
  const { controlPlaneUrl, caFile, istioNamespace, controlPlanePort } = flags;
  if (controlPlaneUrl.length > 0)
    return controlPlaneAt(controlPlaneUrl, caFile === undefined ? undefined : readFileSync(caFile, 'utf8'));
  const { connection, ports } = accessOf(flags);
  return forwardedControlPlane({ connection, ports, namespace: istioNamespace, port: controlPlanePort });
}

export function urlOf(text: string, protocols: readonly string[]): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === '')
    throw new InvalidArgumentError(`It has to be ${protocols.map((one) => `${one}//host:port`).join(' or ')}.`);
  return url;
}

export type Output = 'table' | 'wide' | 'short' | 'json' | 'yaml';

export function outputOption(...formats: readonly Output[]): Option {
  return new Option('-o, --output <format>', 'format').choices(formats).default('table');
}
