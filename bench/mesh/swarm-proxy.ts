import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { MessageReader, messageHead } from '../../src/wire/grpc/message-reader.ts';
import { decodeAny } from '../../src/xds/encode/decode.ts';
import type { XdsType } from '../../src/xds/resource.ts';
import { nodeField, type Response, readResponse, request } from './delta-wire.ts';
import { hostOf, proxyPod, usedClusters, usedHosts } from './objects.ts';

export interface Server {
  readonly port: number;
  readonly rootPem: string;
  readonly serverName: string;
}

/** `bare`: the other end is no control plane; whatever comes is answered, and one message is all there is. */
export type Played = 'eager' | 'pushed-hosts' | 'on-demand' | 'bare';

export interface ProxyOptions {
  readonly index: number;
  readonly token: string;
  readonly server: Server;
  readonly played: Played;
  readonly onMessage: (proxy: SwarmProxy, type: XdsType | 'bare', bytes: number) => void;
  readonly onFailure: (error: Error) => void;
}

const method = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
/** The route configurations that the listeners name: alike for all proxies, so they are read once. */
let routes: readonly string[] | undefined;

/** One proxy that does on its stream what Envoy does, with Envoy's windows, and takes everything. */
export class SwarmProxy {
  readonly #options: ProxyOptions;
  readonly #session: ClientHttp2Session;
  readonly #stream: ClientHttp2Stream;
  readonly #reader = new MessageReader(100_000_000);
  readonly #begun = new Set<XdsType>();
  readonly #open = new Set<string>();
  /** Named clusters that were asked for. */
  readonly #clusters = new Set<string>();
  readonly #endpoints = new Set<string>();
  #mark: () => void = () => {};
  readonly synced = new Promise<void>((resolve) => {
    this.#mark = resolve;
  });

  constructor(options: ProxyOptions) {
    const { server, token, index, played } = options;
    this.#options = options;
    const settings = { enablePush: false, initialWindowSize: 16 * 1024 * 1024 };
    const { serverName: servername, rootPem: ca } = server;
    this.#session = connect(`https://127.0.0.1:${server.port}`, { ca, servername, settings });
    this.#session.on('error', (error) => options.onFailure(error));
    this.#session.on('connect', () => this.#session.setLocalWindowSize(24 * 1024 * 1024));
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    this.#stream.on('data', (bytes: Buffer) => {
      for (const message of this.#reader.push(bytes)) this.#receive(message);
    });
    this.#stream.on('error', (error) => options.onFailure(error));
    this.#stream.on('trailers', (trailers) => options.onFailure(new Error(JSON.stringify(trailers))));
    const { namespace, name } = proxyPod(index);
    const node = nodeField(`sidecar~10.1.0.1~${name}.${namespace}~${namespace}.svc.cluster.local`);
    this.#begun.add('cluster');
    this.#await(...(played === 'bare' ? ['bare'] : ['first cluster', 'secret', 'routes', 'used']));
    this.#send(request('cluster', [], '', node));
  }

  get options(): ProxyOptions {
    return this.#options;
  }

  close(): void {
    this.#session.destroy();
  }

  #send(bytes: Buffer): void {
    this.#stream.write(Buffer.concat([messageHead(bytes.length), bytes]));
  }

  /** The first request of a type. */
  #begin(type: XdsType, subscribe: readonly string[]): void {
    if (this.#begun.has(type)) return;
    this.#begun.add(type);
    this.#send(request(type, subscribe));
  }

  #await(...what: readonly string[]): void {
    for (const one of what) this.#open.add(one);
  }

  #came(what: string): void {
    if (this.#open.delete(what) && this.#open.size === 0) this.#mark();
  }

  #receive(bytes: Buffer): void {
    if (this.#options.played === 'bare') {
      this.#options.onMessage(this, 'bare', bytes.length);
      this.#send(request('cluster', [], 'n'));
      this.#came('bare');
      return;
    }
    const response = readResponse(bytes);
    this.#options.onMessage(this, response.type, bytes.length);
    this.#send(request(response.type, [], response.nonce));
    this.#react(response);
  }

  #react({ type, names, first }: Response): void {
    if (type === 'cluster') this.#reactToClusters(names);
    if (type === 'listener') {
      routes ??= routesOf(first);
      this.#begin('route', routes);
      this.#begin('secret', ['default', 'ROOTCA']);
    }
    if (type === 'secret') this.#came('secret');
    if (type === 'route') {
      this.#came('routes');
      if (this.#options.played === 'eager') this.#use();
      else this.#begin('virtualHost', []);
    }
    if (type === 'virtualHost') this.#reactToHosts(names);
    if (type === 'endpoint') for (const name of names) this.#came(`endpoints ${name}`);
  }

  #reactToClusters(names: readonly string[]): void {
    for (const name of names) this.#came(`cluster ${name}`);
    const outbound = names.filter((name) => name.startsWith('outbound|') && !this.#endpoints.has(name));
    if (outbound.length > 0) {
      for (const name of outbound) {
        this.#endpoints.add(name);
        this.#await(`endpoints ${name}`);
      }
      this.#begun.add('endpoint');
      this.#send(request('endpoint', outbound));
    }
    this.#begin('listener', []);
    this.#came('first cluster');
  }

  /** The first answer makes the listener active: now come the first requests. */
  #reactToHosts(names: readonly string[]): void {
    if (this.#open.has('used')) {
      this.#use();
      return;
    }
    for (const name of names) {
      this.#came(`host ${name}`);
      const index = this.#options.played === 'on-demand' ? usedIndex(name) : -1;
      if (index >= 0) this.#load(index);
    }
  }

  #use(): void {
    if (!this.#open.has('used')) return;
    for (let index = 0; index < usedHosts; index++) {
      if (this.#options.played === 'on-demand') {
        this.#await(`host 80/${hostOf(index)}:80`);
        this.#send(request('virtualHost', [`80/${hostOf(index)}`]));
      } else if (this.#options.played === 'pushed-hosts') this.#load(index);
    }
    this.#came('used');
  }

  #load(index: number): void {
    for (const cluster of usedClusters(index)) {
      if (this.#clusters.has(cluster)) continue;
      this.#clusters.add(cluster);
      this.#await(`cluster ${cluster}`);
      this.#send(request('cluster', [cluster]));
    }
  }
}

const indexes = new Map(Array.from({ length: usedHosts }, (_, index) => [`80/${hostOf(index)}:80`, index]));

function usedIndex(name: string): number {
  return indexes.get(name) ?? -1;
}

function routesOf(listener: Uint8Array | undefined): readonly string[] {
  const text = listener === undefined ? '' : JSON.stringify(decodeAny(listener));
  return [...new Set([...text.matchAll(/"route_config_name":"([^"]+)"/g)].map(([, name = '']) => name))];
}
