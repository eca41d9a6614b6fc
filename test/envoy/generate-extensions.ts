import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Extensions, extensionPlaces } from '../../src/xds/limits/extensions.ts';
import { until } from './condition.ts';
import { ask, freePorts, startEnvoy } from './running-envoy.ts';

export const extensionsFile = join(import.meta.dirname, '../../src/xds/limits/extensions.json');

interface Node {
  readonly extensions: readonly { readonly category: string; readonly type_urls?: readonly string[] }[];
}

/** What a running Envoy says that it has: the extensions of its node, with the types that configure each. */
export async function describeExtensions(binary: string): Promise<Extensions> {
  const [port = 0] = await freePorts(1);
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  const args = ['--config-yaml', JSON.stringify({ admin: { address } }), '--use-dynamic-base-id'];
  const envoy = startEnvoy(binary, args, mkdtempSync(join(tmpdir(), 'outrigger-extensions-')));
  try {
    const asked = async () => ask(port, '/server_info', { host: '127.0.0.1' }).catch(() => undefined);
    await until('Envoy says what it is', async () => (await asked())?.status === 200);
    const { node } = JSON.parse((await asked())?.body ?? '') as { node: Node };
    const typesOf = (categories: readonly string[]) =>
      node.extensions.filter(({ category }) => categories.includes(category)).flatMap((one) => one.type_urls ?? []);
    return Object.fromEntries(
      Object.entries(extensionPlaces).map(([place, categories]) => [place, [...new Set(typesOf(categories))].sort()]),
    ) as unknown as Extensions;
  } finally {
    await envoy.stop();
  }
}

export const printExtensions = (all: Extensions): string => `${JSON.stringify(all, undefined, 1)}\n`;
