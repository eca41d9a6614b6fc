import type { ApiClient } from '../../cluster/api.ts';
import { declaredFeatures } from './kubelet-server.ts';

export interface NodePlace {
  readonly name: string;
  readonly address: string;
  readonly kubeletPort: number;
  readonly podCidr: string;
}

const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
/** The node controller takes a node for lost after 40 s without a renewal. */
const renewMs = 10_000;

/** Makes the Node and keeps its lease until the signal aborts. */
export async function keepNode(api: ApiClient, place: NodePlace, signal: AbortSignal): Promise<void> {
  const { name, address, podCidr } = place;
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'topology.kubernetes.io/region': 'region-1',
    'topology.kubernetes.io/zone': 'zone-1',
  };
  const made = await api.must('POST', '/api/v1/nodes', { metadata: { name, labels }, spec: { podCIDR: podCidr } });
  const now = (): string => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const resources = { cpu: '32', memory: '64Gi', pods: '500' };
  const time = now();
  const status = {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    capacity: resources,
    allocatable: resources,
    conditions: [
      { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: time, lastTransitionTime: time },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: place.kubeletPort } },
    declaredFeatures,
    nodeInfo: {
      ...{ machineID: name, systemUUID: name, bootID: name, kernelVersion: '6', osImage: 'Debian' },
      ...{ containerRuntimeVersion: 'outrigger://1', kubeletVersion: 'v1.36.3', kubeProxyVersion: '' },
      ...{ operatingSystem: 'linux', architecture: 'amd64' },
    },
  };
  const answer = await api.call('PATCH', `/api/v1/nodes/${name}/status`, {
    body: { status },
    contentType: 'application/merge-patch+json',
  });
  if (answer.status !== 200) throw new Error(`the node has no status: ${answer.body.message}`);
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid: made.metadata?.uid };
  const spec = () => ({
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  });
  const renew = async (): Promise<void> => {
    const body = { metadata: { name, ownerReferences: [owner] }, spec: spec() };
    const renewed = await api.call('PATCH', `${leases}/${name}`, { body, contentType: 'application/merge-patch+json' });
    if (renewed.status === 404) await api.call('POST', leases, { body });
  };
  await renew();
  const timer = setInterval(() => void renew().catch(() => {}), renewMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
