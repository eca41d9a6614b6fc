import { describe, expect, test } from 'vitest';
import { folderPath, hostPort, ipAddress, namespaceName, objectName, portNumber, wholeSeconds } from './flag-values.ts';
import { createProgram } from './program.ts';

const seconds = wholeSeconds(60, 600);

describe('values of flags', () => {
  test.each([
    [objectName, 'a.b-c', 'a.b-c'],
    [namespaceName, 'shop-1', 'shop-1'],
    [portNumber, '65535', 65_535],
    [seconds, '60', 60],
    [ipAddress, 'FD00::9', 'fd00::9'],
    [hostPort, 'istiod.example.com:15012', { host: 'istiod.example.com', port: 15_012 }],
    [hostPort, '[fd00::1]:1', { host: 'fd00::1', port: 1 }],
    [hostPort, '10.0.0.1:1', { host: '10.0.0.1', port: 1 }],
    [folderPath, "/opt/it's %n here", "/opt/it's %n here"],
  ])('%o %s', (parse: (text: string) => unknown, text, value) => expect(parse(text)).toEqual(value));

  test.each([
    [objectName, '../evil', 'Bad', '', '-a', 'a/b', 'a'.repeat(254)],
    [namespaceName, 'a.b', 'A', ''],
    [portNumber, '0', '65536', 'abc', '-1', '8.0', ''],
    [seconds, 'abc', '-5', '0', '59', '601', '60.5', '', '1e2'],
    [ipAddress, 'host', '10.0.0', 'fe80::1%eth0'],
    [hostPort, 'foo:99999', 'foo:0', 'foo', ':1', 'a b:1', '[foo]:1', 'http://a:1'],
    [folderPath, '', '/opt\n/x'],
  ])('%o refuses', (parse: (text: string) => unknown, ...texts: string[]) => {
    for (const text of texts) expect(() => parse(text), text).toThrow(/It has to be/);
  });
});

test('a wrong flag of a command within a command is thrown, so that main decides about the exit code', async () => {
  const program = createProgram();
  const args = ['workload', 'entry', 'configure', '--address', 'nonsense'];
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ code: 'commander.invalidArgument' });
});
