import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { JsonObject } from '../../../src/model/json.ts';
import { buildSampleApp } from '../../../src/playground/build-sample-app.ts';
import { textAt, textMapAt } from '../../../src/playground/cluster/json-reading.ts';
import { DnsServer } from '../../../src/playground/dns/dns-server.ts';
import { HostLimits } from '../../../src/playground/host-limits.ts';
import { resolveImages } from '../../../src/playground/images.ts';
import { Limit } from '../../../src/playground/limit.ts';
import { claimSlot } from '../../../src/playground/network/claim-slot.ts';
import { IpPool } from '../../../src/playground/network/ip-pool.ts';
import { NodeNetwork } from '../../../src/playground/network/node-network.ts';
import { etcFiles } from '../../../src/playground/pod-runner/etc-files.ts';
import type { ImageResolver } from '../../../src/playground/pod-runner/sandbox.ts';
import { createConnection } from '../../../src/source/kubernetes/connection.ts';
import { createCredentials } from '../../../src/source/kubernetes/credentials.ts';
import { type Cluster, startBuiltCluster } from '../../cluster/harness.ts';
import { controlPlaneImage } from './control-plane-image.ts';
import { type Followed, follow } from './follow.ts';
import { startKubeletServer } from './kubelet-server.ts';
import { keepNode } from './node-object.ts';
import { NodePods } from './node-pods.ts';
import { startServiceProxy } from './service-proxy.ts';

const checkout = resolve(import.meta.dirname, '../../..');
const domain = 'cluster.local';
const nodeName = 'node-1';
const kubeletPort = 10250;

export interface ClusterWithNode extends Cluster {
  readonly pods: NodePods;
  readonly nodeIp: string;
  /** What went wrong on the node, for the message of a failed test. */
  readonly problems: readonly string[];
}

/**
 * A Kubernetes cluster with one node that runs pods: the built API server and controller manager, and in the place of
 * scheduler, kubelet, kube-proxy and DNS what is in this folder. A pod is a network namespace with real processes: there
 * are no images, so those of Bookinfo, of the proxy and of the control plane are known by name.
 */
export async function startClusterWithNode(envoy: string): Promise<ClusterWithNode> {
  const claimed = await claimSlot();
  const { slot, folder } = claimed;
  const stop = new AbortController();
  const problems: string[] = [];
  const dns = new DnsServer();
  const limits = new HostLimits();
  const undo: (() => unknown)[] = [() => claimed.release('remove'), () => limits.restore()];
  const end = async (): Promise<void> => {
    stop.abort();
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const network = new NodeNetwork(slot);
    await network.create();
    await dns.start(slot.dnsIp);
    undo.push(() => dns.stop());
    const cluster = await startBuiltCluster({ address: slot.nodeIp, serviceCidr: slot.serviceCidr });
    undo.push(() => cluster.stop());
    const { api } = cluster;
    const connection = createConnection(createCredentials({ kubeconfig: cluster.kubeconfig }));
    const followed = (path: string, onChange: () => void): Promise<Followed> =>
      follow({ connection, path, signal: stop.signal, onChange });
    let pods: NodePods | undefined;
    const configMaps = await followed('/api/v1/configmaps', () => {
      for (const pod of pods?.pods ?? []) refresh(pod, problems);
    });
    const proxy = startServiceProxy({ network, dns, api, domain, problems });
    const services = await followed('/api/v1/services', () => proxy.schedule());
    const slices = await followed('/apis/discovery.k8s.io/v1/endpointslices', () => proxy.schedule());
    proxy.follow(services, slices);
    const sampleApp = await buildSampleApp(join(folder, 'app'));
    const images = resolveImages({
      ...{ envoy, node: process.execPath, sampleApp },
      proxyScript: join(checkout, 'images/proxy/outrigger-proxy.sh'),
    });
    const apiAddress = textAt(services.objects.get('default/kubernetes'), 'spec', 'clusterIP');
    const running = new NodePods({
      ...{ api, node: nodeName, nodeIp: slot.nodeIp },
      surroundings: {
        ...{ network, pool: new IpPool(slot), starts: new Limit(4), folder: join(folder, 'pods') },
        admit: async (pod) => {
          limits.need(running.pods.length);
          return pod;
        },
        issueToken: async (pod, { audience, seconds }) => {
          const { name, namespace, uid } = pod.metadata;
          const account = pod.spec.serviceAccountName ?? 'default';
          const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
          const spec = { audiences: audience === '' ? [] : [audience], expirationSeconds: seconds, boundObjectRef };
          const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
          return textAt((await api.must('POST', path, { spec })) as JsonObject, 'status', 'token');
        },
        configMaps: (namespace) =>
          Object.fromEntries(
            [...configMaps.objects.values()]
              .filter((object) => textAt(object, 'metadata', 'namespace') === namespace)
              .map((object) => [textAt(object, 'metadata', 'name'), textMapAt(object, 'data')]),
          ),
        image: withApiAddress(withControlPlane(images), apiAddress),
        etc: (pod, ip) => etcFiles(pod, ip, { dnsIp: slot.dnsIp, domain }),
        onProblem: (error) => problems.push(`${error.at ?? ''} ${error.message}`),
      },
    });
    pods = running;
    undo.push(() => running.stop());
    await keepNode(api, { name: nodeName, address: slot.nodeIp, kubeletPort, podCidr: slot.podCidr }, stop.signal);
    const netns = (pod: { ip: string | undefined }): string => {
      const [, , high, low] = (pod.ip ?? '').split('.').map(Number);
      return `${slot.bridge}-${(high ?? 0) * 256 + (low ?? 0)}`;
    };
    const server = await startKubeletServer({
      ...{ address: slot.nodeIp, port: kubeletPort, netns },
      pod: (namespace, name) => running.find(namespace, name),
    });
    undo.push(() => {
      server.closeAllConnections();
      server.close();
    });
    let wanted: Followed | undefined;
    wanted = await followed('/api/v1/pods', () => {
      if (wanted !== undefined) running.reconcile(wanted.objects);
    });
    running.reconcile(wanted.objects);
    return { ...cluster, pods: running, nodeIp: slot.nodeIp, problems, stop: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function refresh(pod: { refreshConfigMaps(): void }, problems: string[]): void {
  try {
    pod.refreshConfigMaps();
  } catch (error) {
    problems.push(String(error));
  }
}

function withControlPlane(images: ImageResolver): ImageResolver {
  const { files, env, entrypoint } = controlPlaneImage(checkout, process.execPath);
  return (container, pod) =>
    /(^|\/)outrigger\/outrigger(:|@|$)/.test(container.image ?? '')
      ? { files, ...(env === undefined ? {} : { env }), command: entrypoint }
      : images(container, pod);
}

function withApiAddress(images: ImageResolver, address: string): ImageResolver {
  return (container, pod) => {
    const content = images(container, pod);
    const env = { KUBERNETES_SERVICE_HOST: address, KUBERNETES_SERVICE_PORT: '443', ...content.env };
    return { ...content, env };
  };
}

/** Whether this machine can run it; why not, otherwise. */
export function whyNoNode(): string | undefined {
  if (process.getuid?.() !== 0) return 'pods need root';
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' });
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
  } catch {
    return 'nft or ip is absent: run `sh test/netns/install.sh`';
  }
  return undefined;
}
