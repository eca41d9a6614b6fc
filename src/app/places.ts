import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';

/** Where this program is: sources, templates, manifests. */
export const packageFolder = resolve(import.meta.dirname, '../..');

/** Of this build. Throws when package.json is not there, which no installation lacks. */
export function packageVersion(): string {
  return String(JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version);
}

/** The folder that is served when none is given, and a pod to try it with. */
export const sampleConfigFolder = join(packageFolder, 'manifests/samples/config');
export const samplePod = join(packageFolder, 'manifests/samples/pods/web.yaml');

/** The text of each file of `templates/` that the injector renders. */
export function readTemplateTexts() {
  const text = (path: string) => readFileSync(join(packageFolder, 'templates', path), 'utf8');
  return {
    sidecar: text('injection/sidecar.yaml'),
    gateway: text('injection/gateway.yaml'),
    bootstrap: text('bootstrap/envoy.yaml'),
  };
}

/** https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG_STATE_HOME is to be ignored. */
export function defaultStateFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_STATE_HOME ?? '';
  return join(isAbsolute(base) ? base : join(homeFolder(), '.local/state'), 'outrigger');
}

/** A user id that no passwd file knows, as some clusters give to containers, is at home where runtimes put it. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** As short as it can be typed from the current folder. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short !== '' && !short.startsWith('..') ? short : path;
}
