import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '../../Dockerfile'), 'utf8');

/** The lines of a stage, from its base image's name on. */
export function stageOf(name: string): string {
  const found = text.split(/^FROM /m).find((stage) => new RegExp(`^\\S+ AS ${name}$`, 'm').test(stage));
  if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
}

export function userOf(stage: string): { uid: number; gid: number } {
  const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(stage) ?? [];
  if (uid === undefined) throw new Error('the stage has no USER');
  return { uid: Number(uid), gid: Number(gid) };
}
