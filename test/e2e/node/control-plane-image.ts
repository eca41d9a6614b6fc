import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageContent } from '../../../src/playground/pod-runner/sandbox.ts';

/**
 * What the Dockerfile's stage `control-plane` would hold, from this checkout: its own COPY lines, its ENV, its ENTRYPOINT
 * and its work folder. Node itself stands for that of the base image.
 */
export function controlPlaneImage(checkout: string, node: string): ImageContent & { readonly entrypoint: string[] } {
  const stages = readFileSync(join(checkout, 'Dockerfile'), 'utf8').split(/^FROM /m);
  const stage = stages.find((text) => /^\S+ AS control-plane$/m.test(text)) ?? '';
  const lines = stage.split('\n');
  const workdir = /^WORKDIR (\S+)$/m.exec(stage)?.[1] ?? '/';
  const copied = lines.flatMap((line) => {
    const [, words = ''] = /^COPY (.*)$/.exec(line) ?? [];
    const paths = words.split(/\s+/).filter((word) => word !== '' && !word.startsWith('--'));
    const target = paths.pop() ?? '';
    return paths.map((from) => [pathIn(workdir, target, from), pathOf(checkout, from)] as const);
  });
  const env = lines.flatMap((line) => {
    const [, words = ''] = /^ENV (.*)$/.exec(line) ?? [];
    return words.split(/\s+(?=\w+=)/).filter((word) => word !== '');
  });
  const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(stage)?.[1] ?? '[]') as string[];
  return {
    files: { '/nodejs/bin/node': node, ...Object.fromEntries(copied) },
    env: Object.fromEntries(env.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    entrypoint: entrypoint.map((word) => (word.startsWith('src/') ? join(workdir, word) : word)),
  };
}

/** `./` takes the name along, any other target is the place itself. */
function pathIn(workdir: string, target: string, from: string): string {
  return target === './' ? join(workdir, from) : join(workdir, target);
}

/** What an earlier stage has made stands in the checkout under the same name. */
function pathOf(checkout: string, from: string): string {
  return join(checkout, from.replace(/^\/outrigger\//, ''));
}
