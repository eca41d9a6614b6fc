import { OutriggerError } from '../errors.ts';
import { readConfigFile } from './config-file.ts';
import { type ConfigKey, listKeys } from './config-keys.ts';
import { type Config, ConfigSchema } from './config-schema.ts';
import { checkValue, type Given, readText } from './config-values.ts';
import { unknownKey, unknownVariable } from './unknown-key.ts';

export type { Config };

export const configKeys: readonly ConfigKey[] = listKeys(ConfigSchema);

export interface ConfigInput {
  /** Text of the configuration file, and its name for messages. */
  readonly file: { readonly name: string; readonly text: string } | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag, without the dashes: `port` → `8443`. */
  readonly flags: Readonly<Record<string, string>>;
  /** `a.b.c=value`, as `--set` takes them. */
  readonly sets: readonly string[];
  /** What stands between the file and the environment: values of Istio. By path. */
  readonly overlay?: { readonly origin: string; readonly values: Readonly<Record<string, unknown>> };
}

/**
 * The one configuration: flags, then environment, then overlay, then file, then defaults. Throws one error for all
 * that is wrong: OR1001 for a key that is none, with the nearest that is; OR1002 for a bad value; OR1003 for a bad file.
 */
export function readConfig(input: ConfigInput): Config {
  const problems: OutriggerError[] = [];
  const file = input.file === undefined ? [] : readConfigFile(input.file.text, input.file.name, configKeys, problems);
  const layers = [
    file,
    givenByOverlay(input, problems),
    givenByIstioVariables(input.env),
    givenByEnvironment(input.env, problems),
    givenBySets(input.sets, problems),
    givenByFlags(input.flags, problems),
  ];
  const values = new Map<string, unknown>();
  for (const given of layers.flat()) collect(given, values, problems);
  throwAll(problems);
  return build(values) as unknown as Config;
}

/** Every key at its default. */
export function defaultConfig(): Config {
  return readConfig({ file: undefined, env: {}, flags: {}, sets: [] });
}

function collect(given: Given, values: Map<string, unknown>, problems: OutriggerError[]): void {
  try {
    values.set(given.key.path, checkValue(given));
  } catch (error) {
    if (!(error instanceof OutriggerError)) throw error;
    problems.push(error);
  }
}

function build(values: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const key of configKeys) {
    const parts = key.path.split('.');
    const name = parts.pop() ?? '';
    let section = config;
    for (const part of parts) {
      section[part] ??= {};
      section = section[part] as Record<string, unknown>;
    }
    section[name] = values.has(key.path) ? values.get(key.path) : structuredClone(key.default);
  }
  return config;
}

function givenByOverlay({ overlay }: ConfigInput, problems: OutriggerError[]): readonly Given[] {
  if (overlay === undefined) return [];
  return Object.entries(overlay.values).flatMap(([path, value]) => {
    const key = keyAt(path);
    if (key === undefined) problems.push(unknownKey(path, configKeys, overlay.origin));
    return key === undefined ? [] : [{ key, value, origin: overlay.origin }];
  });
}

/**
 * istiod's own variables that mean something here. `PLATFORM` is a common name: a value that is not
 * OpenShift's is somebody else's.
 */
function givenByIstioVariables(env: ConfigInput['env']): readonly Given[] {
  const native = env.ENABLE_NATIVE_SIDECARS;
  const platform = env.PLATFORM === 'openshift' ? 'openshift' : undefined;
  const entries = [
    { path: 'injection.nativeSidecars', value: native, origin: 'ENABLE_NATIVE_SIDECARS' },
    { path: 'injection.platform', value: platform, origin: 'PLATFORM' },
  ];
  return entries.flatMap(({ path, value, origin }) => {
    const key = keyAt(path);
    return key === undefined || value === undefined || value === '' ? [] : [{ key, value, origin }];
  });
}

/**
 * What Kubernetes itself puts into every pod for a Service called `outrigger` or `outrigger-…`.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const serviceLink = /^OUTRIGGER_(.*_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)$/;

/** Read elsewhere: by the command line, by the scripts of the tests and by the proxy image. */
const otherVariables = ['OUTRIGGER_CONFIG_FILE', 'OUTRIGGER_CACHE', 'OUTRIGGER_REQUIRE', 'OUTRIGGER_ENVOY'];

function givenByEnvironment(env: ConfigInput['env'], problems: OutriggerError[]): readonly Given[] {
  const given: Given[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('OUTRIGGER_') || text === undefined) continue;
    if (otherVariables.includes(name)) continue;
    if (serviceLink.test(name) || /^(tcp|udp|sctp):\/\//.test(text)) continue;
    const key = configKeys.find((candidate) => candidate.env === name);
    if (key === undefined) problems.push(unknownVariable(name, configKeys));
    else given.push({ key, value: readText(key, text), origin: name });
  }
  return given;
}

function givenBySets(sets: readonly string[], problems: OutriggerError[]): readonly Given[] {
  return sets.flatMap((set) => {
    const [path = '', text] = set.split(/=(.*)/s, 2);
    const key = keyAt(path.trim());
    if (key !== undefined && text !== undefined) return [{ key, value: readText(key, text), origin: `--set ${path}` }];
    if (key !== undefined) problems.push(new OutriggerError('OR1002', `${path} has no "=value"`, { at: '--set' }));
    else problems.push(unknownKey(path, configKeys, '--set'));
    return [];
  });
}

function givenByFlags(flags: ConfigInput['flags'], problems: OutriggerError[]): readonly Given[] {
  return Object.entries(flags).flatMap(([flag, text]) => {
    const key = configKeys.find((candidate) => candidate.flag === flag);
    if (key === undefined) problems.push(unknownKey(flag, configKeys, `--${flag}`));
    return key === undefined ? [] : [{ key, value: readText(key, text), origin: `--${flag}` }];
  });
}

function keyAt(path: string): ConfigKey | undefined {
  return configKeys.find((key) => key.path === path);
}

/** One error for one problem; for several, one of the first one's code that tells all. */
function throwAll(problems: readonly OutriggerError[]): void {
  const [first, ...others] = problems;
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const details = [first.detail, ...others.map((problem) => problem.message)];
  throw new OutriggerError(first.code, details.join('\n'), first.at === undefined ? {} : { at: first.at });
}
