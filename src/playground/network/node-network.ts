import { writeFile } from 'node:fs/promises';
import { OutriggerError } from '../../errors.ts';
import type { PodNamespace } from '../pod-runner/sandbox.ts';
import { renderRules, type ServiceRule } from './nft-rules.ts';
import { overlaps } from './overlap.ts';
import { removeNamespace } from './remove-leftovers.ts';
import { ipBatch, runCommand } from './run-command.ts';
import type { Slot } from './slot.ts';

/**
 * The network of a playground's one node: a bridge in the namespace of this process, with an address of its own that
 * pods take for the node. Forwarding is switched on for the bridge alone.
 */
export class NodeNetwork {
  readonly slot: Slot;

  constructor(slot: Slot) {
    this.slot = slot;
  }

  /** Throws OR2303, OR2304. */
  async create(): Promise<void> {
    const { bridge, nodeIp, dnsIp, serviceCidr, number } = this.slot;
    await this.#checkRoutes();
    const mac = `02:6f:72:70:67:0${number}`;
    try {
      // With an address of its own, as a bridge takes that of one of its cables otherwise, which comes and goes.
      await ipBatch([
        `link add ${bridge} address ${mac} type bridge`,
        `addr add ${nodeIp}/16 dev ${bridge}`,
        `addr add ${dnsIp}/32 dev ${bridge}`,
        `link set ${bridge} up`,
        `route add ${serviceCidr} dev ${bridge} src ${nodeIp}`,
      ]);
      const settings = `/proc/sys/net/ipv4/conf/${bridge}`;
      await writeFile(`${settings}/forwarding`, '1');
      await writeFile(`${settings}/rp_filter`, '0');
      await this.applyServices([]);
    } catch (cause) {
      throw new OutriggerError('OR2304', cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  async applyServices(services: readonly ServiceRule[]): Promise<void> {
    await runCommand('nft', ['-f', '-'], renderRules(this.slot, services));
  }

  /** A namespace with one cable to the bridge. All its traffic goes by way of the node. `number` is that of its address. */
  async addPod({ ip, number }: { ip: string; number: number }): Promise<PodNamespace> {
    const { bridge, nodeIp } = this.slot;
    const name = `${bridge}-${number}`;
    await runCommand('ip', ['netns', 'add', name]);
    await ipBatch([
      `link add ${bridge}.${number} type veth peer name eth0 netns ${name}`,
      `link set ${bridge}.${number} addrgenmode none`,
      `link set ${bridge}.${number} master ${bridge} up`,
      // Where br_netfilter translates addresses in the bridge, a pod that calls its own service comes back by its cable.
      `link set ${bridge}.${number} type bridge_slave hairpin on`,
    ]);
    const inside = [
      'link set lo up',
      'link set eth0 addrgenmode none',
      `addr add ${ip}/32 dev eth0`,
      'link set eth0 up',
      `route add ${nodeIp} dev eth0 scope link`,
      `route add default via ${nodeIp} src ${ip}`,
    ];
    await ipBatch(inside, name);
    return { name, enter: (command) => ['ip', 'netns', 'exec', name, ...command] };
  }

  /** `net.ipv4.…` of a namespace; others would be those of this machine and are left alone. */
  async setSysctls(namespace: string, settings: readonly (readonly [string, string])[]): Promise<void> {
    for (const [name, value] of settings) {
      if (!/^net\.[\w.]+$/.test(name)) continue;
      const path = `/proc/sys/${name.replaceAll('.', '/')}`;
      await runCommand('ip', ['netns', 'exec', namespace, 'sh', '-c', 'cat > "$1"', 'sysctl', path], value);
    }
  }

  /** Ends what still runs inside, and takes the cable along at once: the namespace may live on in somebody's mounts. */
  async removePod(number: number): Promise<void> {
    const { bridge } = this.slot;
    await removeNamespace(`${bridge}-${number}`);
    await runCommand('ip', ['link', 'del', `${bridge}.${number}`]).catch(() => {});
  }

  async #checkRoutes(): Promise<void> {
    const { podCidr, serviceCidr } = this.slot;
    const routes: unknown = JSON.parse((await runCommand('ip', ['-j', '-4', 'route'])) || '[]');
    for (const route of Array.isArray(routes) ? routes : []) {
      const taken = [podCidr, serviceCidr].find((cidr) => overlaps(cidr, String(route.dst)));
      if (taken === undefined) continue;
      throw new OutriggerError('OR2303', `${taken}: there is a route to ${route.dst} by ${route.dev}`);
    }
  }
}
