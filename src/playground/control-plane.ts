import type { LocalTokens } from '../identity/tokens/local-tokens.ts';
import type { LocalLog } from '../model/log-tail.ts';
import type { ObjectSource } from '../source/object-source.ts';
import type { Source } from '../source/source.ts';

/** What the playground gives a control plane. */
export interface ControlPlaneOptions {
  /** The cluster: namespaces, nodes and all objects of the mesh, pods and endpoints with their present state. */
  readonly source: Source & ObjectSource;
  /** Proves the tokens that pods have mounted. */
  readonly tokens: LocalTokens;
  /** Of the node: pods reach it, nobody outside does. The discovery port has to be served there. */
  readonly host: string;
  /** By which pods know the discovery port: to be in its certificate. */
  readonly discoveryName: string;
  /** Of the cluster's DNS, by address. */
  readonly nameserver: string;
  /** For what is to be kept while the playground runs. */
  readonly stateFolder: string;
  /** Worker threads of each proxy. */
  readonly concurrency: number;
  /** What a container of a pod has written last; undefined where there is none of that name. */
  readonly localLog: LocalLog;
}

export interface ControlPlane {
  /** `https://…/inject` */
  readonly webhookUrl: string;
  /** Of the webhook's certificate. */
  readonly caPem: string;
  readonly discoveryPort: number;
  /** `http://127.0.0.1:15014`; undefined where it has none on this machine. */
  readonly dashboardUrl?: string;
  /** What pods trust the discovery port by, for the ConfigMap istio-ca-root-cert: as it is when it is asked for. */
  readonly rootPem: string;
  stop(): Promise<void>;
}

/** Rejects when it cannot start. */
export type StartControlPlane = (options: ControlPlaneOptions) => Promise<ControlPlane>;

export const discoveryName = 'outrigger.outrigger-system.svc';
