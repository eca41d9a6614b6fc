import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { descriptors } from '../../src/xds/encode/descriptors.ts';
import type { FieldLimits, Limits, MessageLimits } from '../../src/xds/limits/limits.ts';
import { findEnvoy } from './binary.ts';
import { type MessageProto, protosOf } from './binary-protos.ts';
import { describeExtensions, extensionsFile, printExtensions } from './generate-extensions.ts';

export const limitsFile = join(import.meta.dirname, '../../src/xds/limits/limits.json');

/**
 * Makes `limits.json` (`npm run limits`) of the options `validate.rules` of Envoy's API, for the messages that
 * `descriptors.json` has. They are read from Envoy's own binary: rules have been dropped since the .proto files were
 * shipped that the descriptors come from, and one too many keeps away what Envoy takes.
 * https://github.com/bufbuild/protoc-gen-validate
 */
export function describeLimits(binary: string): Limits {
  const found: [string, MessageLimits][] = [];
  const see = (path: string, message: MessageProto): void => {
    const name = `${path}.${message.name}`;
    const described = descriptors().messages[name] === undefined ? undefined : ofMessage(message);
    if (described !== undefined) found.push([name, described]);
    for (const nested of message.nestedType ?? []) see(name, nested);
  };
  for (const file of protosOf(binary)) for (const message of file.messageType ?? []) see(file.package, message);
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ofMessage({ field = [], oneofDecl = [], options }: MessageProto): MessageLimits | undefined {
  if (options?.['.validate.disabled'] === true || options?.['.validate.ignored'] === true) return undefined;
  const fields = field.flatMap(({ name, options: own }): [string, FieldLimits][] => {
    const rules = own?.['.validate.rules'];
    return rules === undefined ? [] : [[name, rules as FieldLimits]];
  });
  const required = oneofDecl.filter((oneof) => oneof.options?.['.validate.required'] === true).map(({ name }) => name);
  if (fields.length === 0 && required.length === 0) return undefined;
  return {
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** One type a line, that a change of the set is a readable diff. */
export function printLimits(all: Limits): string {
  const lines = Object.entries(all).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

if (process.argv[1] === import.meta.filename) {
  const envoy = findEnvoy('envoy');
  if (envoy === undefined) throw new Error('there is no Envoy: run test/envoy/install.sh');
  writeFileSync(limitsFile, printLimits(describeLimits(envoy)));
  writeFileSync(extensionsFile, printExtensions(await describeExtensions(envoy)));
  for (const file of [limitsFile, extensionsFile]) console.info(`wrote ${relative(process.cwd(), file)}`);
}
