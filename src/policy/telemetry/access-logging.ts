import type { AccessLogIR } from '../../ir/types/telemetry.ts';
import type { ExtensionProvider } from '../../model/extension-provider.ts';
import type { MeshSettings } from '../../model/mesh-settings.ts';
import type { Config } from '../../registry/snapshot.ts';
import type { Telemetry } from '../../schema/kinds.ts';
import { builtInLog, findProvider, isFor, lastNamed, namesOf, type Side } from './providers.ts';

export type LogSettings = Pick<
  MeshSettings,
  'accessLogFile' | 'accessLogEncoding' | 'accessLogFormat' | 'extensionProviders' | 'defaultProviders'
>;

/** A provider that is named and cannot be told. */
export type Unknown = (provider: string, wanted: string) => void;

interface Entry {
  readonly names: readonly string[];
  readonly disabled: boolean;
  readonly filter: string | undefined;
}

/**
 * Where requests are logged. Providers of the nearest level that names any count; each keeps what the last entry for it
 * said. Where neither Telemetry nor default providers say anything, the file of the mesh is written.
 */
export function accessLogsFor(
  levels: readonly Config<Telemetry>[],
  side: Side,
  settings: LogSettings,
  unknown: Unknown,
): readonly AccessLogIR[] {
  const defaults = settings.defaultProviders.accessLogging;
  const entries = levels.map(({ spec }) => entriesOf(spec.accessLogging, side));
  if (entries.every((level) => level.length === 0) && defaults.length === 0)
    return settings.accessLogFile === '' ? [] : [meshLog(settings, settings.accessLogFile)];
  const inForce = lastNamed(
    entries.map((level) => level.flatMap(({ names }) => names)),
    defaults,
  );
  const logs = new Map<string, Entry>(inForce.map((name) => [name, open]));
  for (const { names, entry } of inOrder(entries, defaults)) {
    for (const name of names)
      if (logs.has(name)) logs.set(name, { ...entry, filter: entry.filter ?? logs.get(name)?.filter });
  }
  return [...logs]
    .filter(([, { disabled }]) => !disabled)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .flatMap(([name, { filter }]) => {
      const log = logOf(name, settings);
      if (log === undefined) unknown(name, 'envoyFileAccessLog');
      return log === undefined ? [] : [filter === undefined ? log : { ...log, filter }];
    });
}

/** Each entry with those whom it is for: an entry without names is for those of the levels above. */
function inOrder(levels: readonly (readonly Entry[])[], defaults: readonly string[]) {
  let parents = defaults;
  return levels.flatMap((level) => {
    const above = parents;
    parents = lastNamed([level.flatMap(({ names }) => names)], parents);
    return level.map((entry) => ({ entry, names: entry.names.length === 0 ? above : entry.names }));
  });
}

const open: Entry = { names: [], disabled: false, filter: undefined };

function entriesOf(list: Config<Telemetry>['spec']['accessLogging'], side: Side): readonly Entry[] {
  return (list ?? [])
    .filter(({ match }) => isFor(match?.mode, side))
    .map(({ providers, disabled = false, filter }) => ({
      names: namesOf(providers),
      disabled,
      filter: filter?.expression,
    }));
}

function meshLog({ accessLogEncoding, accessLogFormat }: LogSettings, file: string): AccessLogIR {
  return { file, encoding: accessLogEncoding, format: accessLogFormat };
}

function logOf(name: string, settings: LogSettings): AccessLogIR | undefined {
  const provider = findProvider(settings.extensionProviders, name);
  if (provider === undefined && name === builtInLog) return meshLog(settings, '/dev/stdout');
  const given = provider?.envoyFileAccessLog;
  return given === undefined ? undefined : fileLog(given);
}

function fileLog({ path, logFormat }: NonNullable<ExtensionProvider['envoyFileAccessLog']>): AccessLogIR {
  if (logFormat?.labels !== undefined)
    return { file: path, encoding: 'JSON', format: JSON.stringify(logFormat.labels) };
  const { text = '' } = logFormat ?? {};
  return { file: path, encoding: 'TEXT', format: text === '' || text.endsWith('\n') ? text : `${text}\n` };
}
